//! The insertion mode "in body" (13.2.6.4.7).

use super::attributes::Attributes;
use super::nodes::{NOWHERE, Namespace};
use super::tags::{Tag, property};
use super::tokenizer::RawText;
use super::tree::{Mode, Start, Step, Tree};

impl Tree<'_> {
    pub fn start_in_body(&mut self, start: Start) -> Step {
        let Start { tag, attributes, .. } = start;
        if tag.is(property::METADATA) {
            self.metadata(start);
            return Step::Done;
        }
        if tag.is(property::CLOSES_P) {
            self.close_p();
            self.insert(start);
            return Step::Done;
        }
        if tag.is(property::FORMATTING) {
            self.reconstruct_formatting();
            self.insert_formatting(start);
            return Step::Done;
        }
        if tag.is(property::HEADING) {
            self.close_p();
            if self.stack.top().is_some_and(|top| top.has(property::HEADING)) {
                self.stack.pop();
            }
            self.insert(start);
            return Step::Done;
        }
        match tag {
            Tag::A => {
                self.close_open_link();
                self.reconstruct_formatting();
                self.insert_formatting(start);
            }
            Tag::LI => {
                self.close_list_item(self.stack.last(Tag::LI));
                self.insert(start);
            }
            Tag::DD | Tag::DT => {
                self.close_list_item(self.stack.last(Tag::DD).max(self.stack.last(Tag::DT)));
                self.insert(start);
            }
            Tag::BR | Tag::IMG | Tag::WBR | Tag::AREA | Tag::EMBED | Tag::KEYGEN => {
                self.reconstruct_formatting();
                self.insert_void(tag, attributes);
            }
            Tag::IMAGE => {
                self.reconstruct_formatting();
                self.insert_void(Tag::IMG, attributes);
            }
            Tag::INPUT => {
                if self.stack.in_scope(Tag::SELECT) {
                    self.pop_through(Tag::SELECT);
                }
                self.reconstruct_formatting();
                self.insert_void(tag, attributes);
            }
            Tag::PARAM | Tag::SOURCE | Tag::TRACK => self.insert_void(tag, attributes),
            Tag::HR => {
                self.close_p();
                if self.stack.in_scope(Tag::SELECT) {
                    self.generate_implied_end_tags(None);
                }
                self.insert_void(tag, attributes);
            }
            Tag::PRE | Tag::LISTING => {
                self.close_p();
                self.insert(start);
                self.ignore_line_feed = true;
            }
            Tag::FORM => {
                if self.form == NOWHERE {
                    self.close_p();
                    self.form = self.insert(start).unwrap_or(NOWHERE);
                }
            }
            Tag::BUTTON => {
                if self.stack.in_scope(Tag::BUTTON) {
                    self.generate_implied_end_tags(None);
                    self.pop_through(Tag::BUTTON);
                }
                self.reconstruct_formatting();
                self.insert(start);
            }
            Tag::TABLE => {
                if !self.quirks {
                    self.close_p();
                }
                if self.insert(start).is_some() {
                    self.mode = Mode::InTable;
                }
            }
            Tag::NOBR => {
                self.reconstruct_formatting();
                if self.stack.in_scope(Tag::NOBR) {
                    self.adoption_agency(Tag::NOBR);
                    self.reconstruct_formatting();
                }
                self.insert_formatting(start);
            }
            Tag::APPLET | Tag::MARQUEE | Tag::OBJECT => {
                self.reconstruct_formatting();
                if self.insert(start).is_some() {
                    self.formatting.push_marker();
                }
            }
            Tag::SELECT if self.stack.in_scope(Tag::SELECT) => self.pop_through(Tag::SELECT),
            Tag::SELECT => {
                self.reconstruct_formatting();
                self.insert(start);
            }
            Tag::OPTION | Tag::OPTGROUP => {
                if self.stack.in_scope(Tag::SELECT) {
                    let except = (tag == Tag::OPTION).then_some(Tag::OPTGROUP);
                    self.generate_implied_end_tags(except);
                } else if self.current_is(Tag::OPTION) {
                    self.stack.pop();
                }
                self.reconstruct_formatting();
                self.insert(start);
            }
            Tag::RB | Tag::RTC | Tag::RP | Tag::RT => {
                if self.stack.in_scope(Tag::RUBY) {
                    let except = matches!(tag, Tag::RP | Tag::RT).then_some(Tag::RTC);
                    self.generate_implied_end_tags(except);
                }
                self.insert(start);
            }
            Tag::SVG | Tag::MATH => {
                self.reconstruct_formatting();
                let namespace = if tag == Tag::SVG { Namespace::Svg } else { Namespace::MathMl };
                self.insert_foreign(start, namespace);
            }
            Tag::TEXTAREA | Tag::IFRAME | Tag::NOEMBED => {
                self.insert_raw_text(start, RawText::UntilEndTag);
            }
            Tag::XMP => {
                self.close_p();
                self.reconstruct_formatting();
                self.insert_raw_text(start, RawText::UntilEndTag);
            }
            Tag::PLAINTEXT => {
                self.close_p();
                self.insert_raw_text(start, RawText::Plaintext);
            }
            Tag::HTML => self.merge_attributes(1, attributes),
            Tag::BODY => {
                if self.stack.len() > 1 && self.stack.at(2).is(Tag::BODY) {
                    self.merge_attributes(2, attributes);
                }
            }
            // A frameset in a body would take the place of the body; we keep the body.
            Tag::FRAMESET | Tag::FRAME | Tag::HEAD => {}
            Tag::CAPTION | Tag::COL | Tag::COLGROUP | Tag::TBODY | Tag::TD | Tag::TFOOT => {}
            Tag::TH | Tag::THEAD | Tag::TR => {}
            _ => {
                self.reconstruct_formatting();
                self.insert(start);
            }
        }
        Step::Done
    }

    pub fn end_in_body(&mut self, tag: Tag) -> Step {
        if tag.is(property::BLOCK_END) {
            if self.stack.in_scope(tag) {
                self.generate_implied_end_tags(None);
                self.pop_through(tag);
            }
            return Step::Done;
        }
        if tag.is(property::FORMATTING) || matches!(tag, Tag::A | Tag::NOBR) {
            self.adoption_agency(tag);
            return Step::Done;
        }
        if tag.is(property::HEADING) {
            let headings = [Tag::H1, Tag::H2, Tag::H3, Tag::H4, Tag::H5, Tag::H6];
            let last = headings.map(|heading| self.stack.last(heading)).into_iter().max();
            if let Some(last) = last.filter(|last| *last > 0 && *last >= self.stack.scope()) {
                self.stack.pop_through(last);
            }
            return Step::Done;
        }
        match tag {
            Tag::P => {
                if self.stack.in_button_scope(Tag::P) {
                    self.pop_through(Tag::P);
                } else {
                    self.insert_void(Tag::P, &Attributes::default());
                }
            }
            Tag::LI => {
                if self.stack.in_list_item_scope(Tag::LI) {
                    self.pop_through(Tag::LI);
                }
            }
            Tag::DD | Tag::DT => {
                if self.stack.in_scope(tag) {
                    self.pop_through(tag);
                }
            }
            Tag::BODY => {
                if self.stack.in_scope(Tag::BODY) {
                    self.mode = Mode::AfterBody;
                }
            }
            Tag::HTML => {
                if self.stack.in_scope(Tag::BODY) {
                    return self.switch(Mode::AfterBody);
                }
            }
            Tag::FORM => self.close_form(),
            Tag::APPLET | Tag::MARQUEE | Tag::OBJECT => {
                if self.stack.in_scope(tag) {
                    self.pop_through(tag);
                    self.formatting.clear_to_marker();
                }
            }
            Tag::BR => {
                self.reconstruct_formatting();
                self.insert_void(Tag::BR, &Attributes::default());
            }
            // A template is read over with its end tag, so this one closes nothing.
            Tag::TEMPLATE => {}
            _ => self.any_other_end_tag(tag),
        }
        Step::Done
    }

    pub fn any_other_end_tag(&mut self, tag: Tag) {
        let position = self.stack.last(tag);
        if position > 0 && position >= self.stack.special() {
            self.stack.pop_through(position);
        }
    }

    fn insert_formatting(&mut self, start: Start) {
        let source = start.attributes.source.of(self.page);
        if let Some(node) = self.insert(start) {
            self.formatting.push(node, start.tag, source);
        }
    }

    /// A link ends where the next one starts.
    fn close_open_link(&mut self) {
        let Some((_, node)) = self.formatting.last(Tag::A) else { return };
        self.adoption_agency(Tag::A);
        self.formatting.remove_node(node);
        let position = self.stack.position(node, Tag::A);
        if position > 0 {
            self.stack.remove(position);
        }
    }

    /// A list item ends where the next one starts, unless it is out of reach.
    fn close_list_item(&mut self, open: u32) {
        if open > 0 && open >= self.stack.list_barrier() {
            self.stack.pop_through(open);
        }
        self.close_p();
    }

    fn close_form(&mut self) {
        let form = std::mem::replace(&mut self.form, NOWHERE);
        if form == NOWHERE {
            return;
        }
        let position = self.stack.position(form, Tag::FORM);
        if position == 0 || position < self.stack.scope() {
            return;
        }
        self.generate_implied_end_tags(None);
        self.stack.remove(position);
    }

    fn merge_attributes(&mut self, position: u32, attributes: &Attributes) {
        if self.stack.len() >= position as usize {
            self.blocks.merge(self.stack.at(position).node, attributes);
        }
    }
}
