//! The insertion modes of tables (13.2.6.4.9 to 13.2.6.4.15).

use super::attributes::{Attribute, Attributes};
use super::nodes::NOWHERE;
use super::tags::{Tag, property};
use super::tree::{Mode, Start, Step, Tree, is_blank};

impl<'a> Tree<'a> {
    /// 13.2.6.4.9 and 13.2.6.4.10. Text between cells goes in front of the table.
    pub fn text_in_table(&mut self, text: &'a str) {
        let part = self.stack.top().is_some_and(|top| top.has(property::TABLE_PART));
        if part && is_blank(text) {
            return;
        }
        self.foster = true;
        self.text_in_body(text);
        self.foster = false;
    }

    pub fn start_in_table(&mut self, start: Start) -> Step {
        let Start { tag, attributes, .. } = start;
        match tag {
            Tag::CAPTION => {
                self.clear_to(&[Tag::TABLE]);
                self.formatting.push_marker();
                self.insert_always(tag, attributes);
                self.mode = Mode::InCaption;
            }
            Tag::COLGROUP => {
                self.clear_to(&[Tag::TABLE]);
                self.insert_always(tag, attributes);
                self.mode = Mode::InColumnGroup;
            }
            Tag::COL => {
                self.clear_to(&[Tag::TABLE]);
                self.insert_always(Tag::COLGROUP, &Attributes::default());
                return self.switch(Mode::InColumnGroup);
            }
            Tag::TBODY | Tag::TFOOT | Tag::THEAD => {
                self.clear_to(&[Tag::TABLE]);
                self.insert_always(tag, attributes);
                self.mode = Mode::InTableBody;
            }
            Tag::TD | Tag::TH | Tag::TR => {
                self.clear_to(&[Tag::TABLE]);
                self.insert_always(Tag::TBODY, &Attributes::default());
                return self.switch(Mode::InTableBody);
            }
            Tag::TABLE => {
                if self.stack.in_table_scope(Tag::TABLE) {
                    self.close_table();
                    self.reset_mode();
                    return Step::Reprocess;
                }
            }
            Tag::STYLE | Tag::SCRIPT | Tag::TEMPLATE => self.metadata(start),
            Tag::INPUT if is_hidden_input(self.page, attributes) => {
                self.insert_void(tag, attributes)
            }
            Tag::FORM => {
                // It holds nothing here, but it is the form of what follows.
                if self.form == NOWHERE {
                    self.insert_void(tag, attributes);
                    self.form = (self.blocks.nodes.count() - 1) as u32;
                }
            }
            _ => {
                self.foster = true;
                let step = self.start_in_body(start);
                self.foster = false;
                return step;
            }
        }
        Step::Done
    }

    pub fn end_in_table(&mut self, tag: Tag) -> Step {
        match tag {
            Tag::TABLE => {
                if self.stack.in_table_scope(Tag::TABLE) {
                    self.close_table();
                    self.reset_mode();
                }
                Step::Done
            }
            Tag::BODY | Tag::HTML => Step::Done,
            tag if is_inner(tag) => Step::Done,
            _ => {
                self.foster = true;
                let step = self.end_in_body(tag);
                self.foster = false;
                step
            }
        }
    }

    fn close_table(&mut self) {
        // Text that the table gave away may be all that is new; what follows does not join it.
        self.blocks.flush();
        self.pop_through(Tag::TABLE);
    }

    pub fn start_in_caption(&mut self, start: Start) -> Step {
        if !is_inner(start.tag) {
            return self.start_in_body(start);
        }
        if self.close_caption() { Step::Reprocess } else { Step::Done }
    }

    pub fn end_in_caption(&mut self, tag: Tag) -> Step {
        match tag {
            Tag::CAPTION => {
                self.close_caption();
                Step::Done
            }
            Tag::TABLE if self.close_caption() => Step::Reprocess,
            Tag::TABLE | Tag::BODY | Tag::HTML => Step::Done,
            tag if is_inner(tag) => Step::Done,
            _ => self.end_in_body(tag),
        }
    }

    fn close_caption(&mut self) -> bool {
        if !self.stack.in_table_scope(Tag::CAPTION) {
            return false;
        }
        self.pop_through(Tag::CAPTION);
        self.formatting.clear_to_marker();
        self.mode = Mode::InTable;
        true
    }

    pub fn start_in_column_group(&mut self, start: Start) -> Step {
        match start.tag {
            Tag::HTML => self.start_in_body(start),
            Tag::COL => {
                self.insert_void(start.tag, start.attributes);
                Step::Done
            }
            Tag::TEMPLATE => {
                self.metadata(start);
                Step::Done
            }
            _ if self.current_is(Tag::COLGROUP) => self.leave(Mode::InTable),
            _ => Step::Done,
        }
    }

    pub fn end_in_column_group(&mut self, tag: Tag) -> Step {
        if matches!(tag, Tag::COL | Tag::TEMPLATE) || !self.current_is(Tag::COLGROUP) {
            return Step::Done;
        }
        self.leave(Mode::InTable);
        if tag == Tag::COLGROUP { Step::Done } else { Step::Reprocess }
    }

    pub fn start_in_table_body(&mut self, start: Start) -> Step {
        match start.tag {
            Tag::TR => {
                self.clear_to(&BODY_CONTEXT);
                self.insert_always(Tag::TR, start.attributes);
                self.mode = Mode::InRow;
                Step::Done
            }
            Tag::TD | Tag::TH => {
                self.clear_to(&BODY_CONTEXT);
                self.insert_always(Tag::TR, &Attributes::default());
                self.switch(Mode::InRow)
            }
            tag if is_inner(tag) => self.close_table_body(),
            _ => self.start_in_table(start),
        }
    }

    pub fn end_in_table_body(&mut self, tag: Tag) -> Step {
        match tag {
            Tag::TBODY | Tag::TFOOT | Tag::THEAD => {
                if self.stack.in_table_scope(tag) {
                    self.clear_to(&BODY_CONTEXT);
                    self.leave(Mode::InTable);
                }
                Step::Done
            }
            Tag::TABLE => self.close_table_body(),
            Tag::BODY | Tag::HTML => Step::Done,
            tag if is_inner(tag) => Step::Done,
            _ => self.end_in_table(tag),
        }
    }

    fn close_table_body(&mut self) -> Step {
        if ![Tag::TBODY, Tag::TFOOT, Tag::THEAD].iter().any(|t| self.stack.in_table_scope(*t)) {
            return Step::Done;
        }
        self.clear_to(&BODY_CONTEXT);
        self.leave(Mode::InTable)
    }

    pub fn start_in_row(&mut self, start: Start) -> Step {
        match start.tag {
            Tag::TD | Tag::TH => {
                self.clear_to(&ROW_CONTEXT);
                self.insert_always(start.tag, start.attributes);
                self.mode = Mode::InCell;
                self.formatting.push_marker();
                Step::Done
            }
            tag if is_inner(tag) => self.close_row(),
            _ => self.start_in_table(start),
        }
    }

    pub fn end_in_row(&mut self, tag: Tag) -> Step {
        match tag {
            Tag::TR => {
                self.close_row();
                Step::Done
            }
            Tag::TABLE => self.close_row(),
            Tag::TBODY | Tag::TFOOT | Tag::THEAD if self.stack.in_table_scope(tag) => {
                self.close_row()
            }
            Tag::BODY | Tag::HTML => Step::Done,
            tag if is_inner(tag) => Step::Done,
            _ => self.end_in_table(tag),
        }
    }

    fn close_row(&mut self) -> Step {
        if !self.stack.in_table_scope(Tag::TR) {
            return Step::Done;
        }
        self.clear_to(&ROW_CONTEXT);
        self.leave(Mode::InTableBody)
    }

    pub fn start_in_cell(&mut self, start: Start) -> Step {
        if !is_inner(start.tag) {
            return self.start_in_body(start);
        }
        if self.stack.in_table_scope(Tag::TD) || self.stack.in_table_scope(Tag::TH) {
            self.close_cell();
            return Step::Reprocess;
        }
        Step::Done
    }

    pub fn end_in_cell(&mut self, tag: Tag) -> Step {
        match tag {
            Tag::TD | Tag::TH => {
                if self.stack.in_table_scope(tag) {
                    self.pop_through(tag);
                    self.formatting.clear_to_marker();
                    self.mode = Mode::InRow;
                }
                Step::Done
            }
            Tag::BODY | Tag::HTML | Tag::CAPTION | Tag::COL | Tag::COLGROUP => Step::Done,
            Tag::TABLE | Tag::TBODY | Tag::TFOOT | Tag::THEAD | Tag::TR => {
                if !self.stack.in_table_scope(tag) {
                    return Step::Done;
                }
                self.close_cell();
                Step::Reprocess
            }
            _ => self.end_in_body(tag),
        }
    }

    fn close_cell(&mut self) {
        let cell = self.stack.last(Tag::TD).max(self.stack.last(Tag::TH));
        self.stack.pop_through(cell);
        self.formatting.clear_to_marker();
        self.mode = Mode::InRow;
    }

    /// 13.2.6.4.9, clear the stack back to a context. `html` ends every context.
    fn clear_to(&mut self, context: &[Tag]) {
        let nearest = context.iter().map(|tag| self.stack.last(*tag)).max().unwrap_or(0).max(1);
        while self.stack.current() > nearest {
            self.stack.pop();
        }
    }

    /// 13.2.4.1, reset the insertion mode appropriately.
    fn reset_mode(&mut self) {
        let (mut nearest, mut mode) = (0, Mode::InBody);
        for (tag, inside) in RESET {
            let position = self.stack.last(tag);
            if position > nearest {
                (nearest, mode) = (position, inside);
            }
        }
        self.mode = mode;
    }
}

const BODY_CONTEXT: [Tag; 3] = [Tag::TBODY, Tag::TFOOT, Tag::THEAD];
const ROW_CONTEXT: [Tag; 1] = [Tag::TR];

/// The mode inside each element that has one.
const RESET: [(Tag, Mode); 10] = [
    (Tag::TD, Mode::InCell),
    (Tag::TH, Mode::InCell),
    (Tag::TR, Mode::InRow),
    (Tag::TBODY, Mode::InTableBody),
    (Tag::THEAD, Mode::InTableBody),
    (Tag::TFOOT, Mode::InTableBody),
    (Tag::CAPTION, Mode::InCaption),
    (Tag::COLGROUP, Mode::InColumnGroup),
    (Tag::TABLE, Mode::InTable),
    (Tag::BODY, Mode::InBody),
];

/// What may only stand in a table.
fn is_inner(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::CAPTION
            | Tag::COL
            | Tag::COLGROUP
            | Tag::TBODY
            | Tag::TD
            | Tag::TFOOT
            | Tag::TH
            | Tag::THEAD
            | Tag::TR
    )
}

fn is_hidden_input(page: &str, attributes: &Attributes) -> bool {
    attributes
        .value(Attribute::Type, page)
        .is_some_and(|value| value.eq_ignore_ascii_case("hidden"))
}
