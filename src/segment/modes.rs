//! Which rules a token gets, and the modes around the body: 13.2.6.4.1 to 13.2.6.4.6, and those
//! after the body.

use super::attributes::Attributes;
use super::blocks::Place;
use super::tags::{Tag, property};
use super::tokenizer::RawText;
use super::tree::{Mode, Start, Step, Tree, after_blank, is_blank, raw_text};

impl<'a> Tree<'a> {
    pub fn start_in_mode(&mut self, mode: Mode, start: Start) -> Step {
        match mode {
            Mode::InBody => self.start_in_body(start),
            Mode::InTable => self.start_in_table(start),
            Mode::InCaption => self.start_in_caption(start),
            Mode::InColumnGroup => self.start_in_column_group(start),
            Mode::InTableBody => self.start_in_table_body(start),
            Mode::InRow => self.start_in_row(start),
            Mode::InCell => self.start_in_cell(start),
            Mode::Initial => self.switch(Mode::BeforeHtml),
            Mode::BeforeHtml => {
                let html = start.tag == Tag::HTML;
                let none = Attributes::default();
                self.insert_always(Tag::HTML, if html { start.attributes } else { &none });
                self.mode = Mode::BeforeHead;
                if html { Step::Done } else { Step::Reprocess }
            }
            Mode::BeforeHead => match start.tag {
                Tag::HTML => self.start_in_body(start),
                Tag::HEAD => {
                    self.open_head(start.attributes);
                    Step::Done
                }
                _ => {
                    self.open_head(&Attributes::default());
                    Step::Reprocess
                }
            },
            Mode::InHead => self.start_in_head(start),
            Mode::InHeadNoscript => match start.tag {
                Tag::HTML => self.start_in_body(start),
                Tag::BASEFONT
                | Tag::BGSOUND
                | Tag::LINK
                | Tag::META
                | Tag::NOFRAMES
                | Tag::STYLE => self.start_in_head(start),
                Tag::HEAD | Tag::NOSCRIPT => Step::Done,
                _ => self.leave(Mode::InHead),
            },
            Mode::AfterHead => self.start_after_head(start),
            Mode::AfterBody => match start.tag {
                Tag::HTML => self.start_in_body(start),
                _ => self.switch(Mode::InBody),
            },
            Mode::InFrameset => {
                if start.tag == Tag::NOFRAMES {
                    self.insert_raw_text(start, RawText::UntilEndTag);
                }
                Step::Done
            }
        }
    }

    pub fn end_in_mode(&mut self, mode: Mode, tag: Tag) -> Step {
        // These four are never "any other end tag".
        let acts = matches!(tag, Tag::HEAD | Tag::BODY | Tag::HTML | Tag::BR);
        match mode {
            Mode::InBody => self.end_in_body(tag),
            Mode::InTable => self.end_in_table(tag),
            Mode::InCaption => self.end_in_caption(tag),
            Mode::InColumnGroup => self.end_in_column_group(tag),
            Mode::InTableBody => self.end_in_table_body(tag),
            Mode::InRow => self.end_in_row(tag),
            Mode::InCell => self.end_in_cell(tag),
            Mode::Initial => self.switch(Mode::BeforeHtml),
            Mode::BeforeHtml if acts => {
                self.insert_always(Tag::HTML, &Attributes::default());
                self.switch(Mode::BeforeHead)
            }
            Mode::BeforeHead if acts => {
                self.open_head(&Attributes::default());
                Step::Reprocess
            }
            Mode::InHead if tag == Tag::HEAD => {
                self.leave(Mode::AfterHead);
                Step::Done
            }
            Mode::InHead if acts => self.leave(Mode::AfterHead),
            Mode::InHeadNoscript if tag == Tag::NOSCRIPT => {
                self.leave(Mode::InHead);
                Step::Done
            }
            Mode::InHeadNoscript if tag == Tag::BR => self.leave(Mode::InHead),
            Mode::AfterHead if acts && tag != Tag::HEAD => self.open_body(),
            Mode::AfterBody => match tag {
                Tag::HTML => Step::Done,
                _ => self.switch(Mode::InBody),
            },
            Mode::BeforeHtml | Mode::BeforeHead | Mode::InHead | Mode::InHeadNoscript => Step::Done,
            Mode::AfterHead | Mode::InFrameset => Step::Done,
        }
    }

    pub fn text_in_mode(&mut self, text: &'a str) {
        match self.mode {
            Mode::InBody | Mode::InCaption | Mode::InCell => return self.text_in_body(text),
            Mode::InTable | Mode::InTableBody | Mode::InRow => return self.text_in_table(text),
            Mode::AfterBody => {
                if !is_blank(text) {
                    self.mode = Mode::InBody;
                }
                return self.text_in_body(text);
            }
            Mode::InFrameset => return,
            _ => {}
        }
        // White space in front of anything else says nothing in the other modes.
        let text = after_blank(text);
        if text.is_empty() {
            return;
        }
        if self.mode == Mode::InColumnGroup {
            self.leave(Mode::InTable);
            return self.text_in_table(text);
        }
        if matches!(self.mode, Mode::Initial | Mode::BeforeHtml) {
            self.insert_always(Tag::HTML, &Attributes::default());
            self.mode = Mode::BeforeHead;
        }
        if self.mode == Mode::BeforeHead {
            self.open_head(&Attributes::default());
        }
        if self.mode == Mode::InHeadNoscript {
            self.leave(Mode::InHead);
        }
        if self.mode == Mode::InHead {
            self.leave(Mode::AfterHead);
        }
        self.open_body();
        self.text_in_body(text);
    }

    pub fn switch(&mut self, mode: Mode) -> Step {
        self.mode = mode;
        Step::Reprocess
    }

    /// Pops the current node, and gives the token to another mode.
    pub fn leave(&mut self, mode: Mode) -> Step {
        self.stack.pop();
        self.switch(mode)
    }

    fn open_head(&mut self, attributes: &Attributes) {
        self.head = self.insert_always(Tag::HEAD, attributes);
        self.mode = Mode::InHead;
    }

    fn open_body(&mut self) -> Step {
        self.insert_always(Tag::BODY, &Attributes::default());
        self.switch(Mode::InBody)
    }

    fn start_in_head(&mut self, start: Start) -> Step {
        match start.tag {
            Tag::HTML => return self.start_in_body(start),
            Tag::HEAD => {}
            Tag::NOSCRIPT => {
                self.insert_always(Tag::NOSCRIPT, start.attributes);
                self.mode = Mode::InHeadNoscript;
            }
            tag if tag.is(property::METADATA) => self.metadata(start),
            _ => return self.leave(Mode::AfterHead),
        }
        Step::Done
    }

    /// The start tags that the rules for "in head" handle wherever they are.
    pub fn metadata(&mut self, start: Start) {
        match (start.tag, raw_text(start.tag)) {
            (Tag::TEMPLATE, _) => self.skip_template(),
            (_, Some(kind)) => self.insert_raw_text(start, kind),
            (tag, None) => self.insert_void(tag, start.attributes),
        }
    }

    fn start_after_head(&mut self, start: Start) -> Step {
        match start.tag {
            Tag::HTML => return self.start_in_body(start),
            Tag::BODY => {
                self.insert_always(Tag::BODY, start.attributes);
                self.mode = Mode::InBody;
            }
            Tag::FRAMESET => {
                self.insert_always(Tag::FRAMESET, start.attributes);
                self.mode = Mode::InFrameset;
            }
            Tag::HEAD => {}
            tag if tag.is(property::METADATA) => {
                self.stack.push(self.head, Tag::HEAD, super::nodes::Namespace::Html);
                self.metadata(start);
                self.stack.pop();
            }
            _ => return self.open_body(),
        }
        Step::Done
    }

    /// 13.2.6.4.7, text.
    pub fn text_in_body(&mut self, text: &'a str) {
        if text.bytes().all(|b| b == 0) {
            return;
        }
        self.reconstruct_formatting();
        let node = match self.place_in(self.stack.current()) {
            Place::In(node) => node,
            Place::Before(next) => self.blocks.nodes[next].parent,
        };
        self.blocks.text(text, node, None);
    }
}
