//! The log-odds of tokens to features.

use super::Namespace;
use super::tokens::{NEAR_PARENTS, OF_BLOCKS, Tokens};

/// Count, sum and extremes of the log-odds in one namespace of one block, under `N` lexicons.
#[derive(Clone, Copy)]
struct Aggregate<const N: usize> {
    count: f32,
    sum: [f32; N],
    highest: [f32; N],
    lowest: [f32; N],
}

impl<const N: usize> Aggregate<N> {
    const NONE: Self = Aggregate { count: 0.0, sum: [0.0; N], highest: [0.0; N], lowest: [0.0; N] };

    fn add(&mut self, values: Option<&[f32; N]>) {
        self.count += 1.0;
        if let Some(&values) = values {
            self.sum = lanes(self.sum, values, |a, b| a + b);
            self.highest = lanes(self.highest, values, f32::max);
            self.lowest = lanes(self.lowest, values, f32::min);
        }
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = lanes(self.sum, other.sum, |a, b| a + b);
        self.highest = lanes(self.highest, other.highest, f32::max);
        self.lowest = lanes(self.lowest, other.lowest, f32::min);
    }
}

/// Two arrays made one. By value they are what the compiler makes vector instructions of.
#[inline]
fn lanes<const N: usize>(a: [f32; N], b: [f32; N], of: impl Fn(f32, f32) -> f32) -> [f32; N] {
    std::array::from_fn(|n| of(a[n], b[n]))
}

/// A feature of `N` lexicons: one row per block.
pub(crate) type Lanes<const N: usize> = [[f32; N]];

/// A feature's name in its namespace, and how it is made.
type Feature<const N: usize> = (&'static str, fn(&Aggregate<N>) -> [f32; N]);

/// The features of a namespace.
fn features<const N: usize>() -> [Feature<N>; 4] {
    [
        ("mean", |of| of.sum.map(|sum| sum / of.count.max(1.0))),
        ("sum", |of| {
            let root = of.count.max(1.0).sqrt();
            of.sum.map(|sum| sum / root)
        }),
        ("highest", |of| of.highest),
        ("lowest", |of| of.lowest),
    ]
}

/// Calls `visit` with each feature of `N` lexicons in turn: per namespace, the mean, the sum over
/// the square root of the count, the highest (0 at least) and the lowest (0 at most) log-odds of the
/// tokens of each block. `blocks` are those that the rows are of; `values` gives the log-odds of a
/// token, if any lexicon has it.
pub(crate) fn aggregates<'v, T: Copy, const N: usize>(
    tokens: &Tokens<T>,
    blocks: &[u32],
    values: impl Fn(T) -> Option<&'v [f32; N]>,
    structured: bool,
    mut visit: impl FnMut(&Lanes<N>),
) {
    let mut rows = Vec::with_capacity(blocks.len());
    for namespace in used(structured) {
        let found = in_namespace(tokens, namespace, blocks, &values);
        for (_, feature) in features() {
            rows.clear();
            rows.extend(found.iter().map(feature));
            visit(&rows);
        }
    }
}

fn used(structured: bool) -> impl Iterator<Item = Namespace> {
    Namespace::ALL.into_iter().filter(move |n| structured || !n.needs_structure())
}

/// The names of the features of a lexicon, in order.
pub(crate) fn feature_names(structured: bool) -> impl Iterator<Item = String> {
    used(structured).flat_map(|namespace| {
        features::<1>().map(|(name, _)| format!("lex_{}_{name}", namespace.name()))
    })
}

/// The aggregates of some blocks in a namespace.
fn in_namespace<'v, T: Copy, const N: usize>(
    tokens: &Tokens<T>,
    namespace: Namespace,
    blocks: &[u32],
    values: impl Fn(T) -> Option<&'v [f32; N]>,
) -> Vec<Aggregate<N>> {
    if let Some(which) = OF_BLOCKS.iter().position(|n| *n == namespace) {
        let of_block = |&block: &u32| {
            let mut aggregate = Aggregate::NONE;
            for &token in tokens.of_block(block as usize, which) {
                aggregate.add(values(token));
            }
            aggregate
        };
        return blocks.iter().map(of_block).collect();
    }
    let which = namespace as usize - Namespace::OwnClass as usize;
    let of_names = |names: usize| {
        let mut aggregate = Aggregate::NONE;
        tokens.of_names(names).iter().for_each(|token| aggregate.add(values(token[which])));
        aggregate
    };
    let of_names: Vec<Aggregate<N>> = (0..tokens.names.len()).map(of_names).collect();
    let mut of_elements: Vec<Aggregate<N>> = Vec::with_capacity(tokens.elements.len());
    for place in &tokens.elements {
        let mut aggregate = of_names[place.names];
        // Handed down: a block's own elements end at the first that is not inline, and everything
        // above the near parents is far.
        let above = match namespace {
            Namespace::OwnClass => place.parent.filter(|_| place.own > 1),
            Namespace::FarClass => place.parent,
            _ => None,
        };
        if let Some(parent) = above {
            let of_parent = of_elements[parent];
            aggregate.join(&of_parent);
        }
        of_elements.push(aggregate);
    }
    let of_block = |&block: &u32| {
        let Some(element) = tokens.element[block as usize] else { return Aggregate::NONE };
        if namespace == Namespace::OwnClass {
            return of_elements[element];
        }
        let parent = |e: &usize| tokens.elements[*e].parent;
        let mut above = std::iter::successors(tokens.elements[element].above_own, parent);
        let mut near = Aggregate::NONE;
        above.by_ref().take(NEAR_PARENTS).for_each(|e| near.join(&of_elements[e]));
        match namespace {
            Namespace::NearClass => near,
            _ => above.next().map_or(Aggregate::NONE, |e| of_elements[e]),
        }
    };
    blocks.iter().map(of_block).collect()
}
