//! SVG and MathML (13.2.6, the tree construction dispatcher, and 13.2.6.5). Each of the first three
//! functions says whether it has handled the token.

use super::attributes::Attribute;
use super::nodes::Namespace;
use super::stack::Open;
use super::tags::{Tag, property};
use super::tree::{Start, Tree};

impl Tree<'_> {
    pub fn text_in_foreign(&mut self, text: &str) -> bool {
        match self.stack.top() {
            Some(top) if top.namespace != Namespace::Html && !self.takes_html_text(top) => {
                self.blocks.text(text, top.node, Some('\u{fffd}'));
                true
            }
            _ => false,
        }
    }

    pub fn start_in_foreign(&mut self, start: Start) -> bool {
        let Some(top) = self.stack.top() else { return false };
        if top.namespace == Namespace::Html || self.takes_html_start(top, start.tag) {
            return false;
        }
        let looks = [Attribute::Color, Attribute::Face, Attribute::Size];
        let leaves = start.tag.is(property::BREAKOUT)
            || (start.tag == Tag::FONT && looks.iter().any(|look| start.attributes.has(*look)));
        if leaves {
            self.leave_foreign();
            return false;
        }
        self.insert_foreign(start, top.namespace);
        true
    }

    pub fn end_in_foreign(&mut self, tag: Tag) -> bool {
        if self.stack.top().is_none_or(|top| top.namespace == Namespace::Html) {
            return false;
        }
        if matches!(tag, Tag::BR | Tag::P) {
            self.leave_foreign();
            return false;
        }
        let (foreign, html) = (self.stack.last_foreign(tag), self.stack.html());
        if foreign > html {
            self.stack.pop_through(foreign);
            return true;
        }
        // The root is never left.
        html <= 1
    }

    fn takes_html_text(&self, top: &Open) -> bool {
        top.is_mathml_text() || top.is_svg_html() || self.blocks.nodes[top.node].own.holds_html
    }

    fn takes_html_start(&self, top: &Open, tag: Tag) -> bool {
        (top.is_mathml_text() && !matches!(tag, Tag::MGLYPH | Tag::MALIGNMARK))
            || top.is_svg_html()
            || (top.tag == Tag::ANNOTATION_XML
                && top.namespace == Namespace::MathMl
                && (tag == Tag::SVG || self.blocks.nodes[top.node].own.holds_html))
    }

    fn leave_foreign(&mut self) {
        while let Some(top) = self.stack.top() {
            if top.namespace == Namespace::Html || top.is_mathml_text() || top.is_svg_html() {
                break;
            }
            self.stack.pop();
        }
    }

    pub fn insert_foreign(&mut self, start: Start, namespace: Namespace) {
        self.insert_in(start.tag, namespace, start.attributes, !start.self_closing, false);
    }
}
