//! The log-odds of tokens to features.

use super::Namespace;
use super::tokens::{NEAR_PARENTS, OF_BLOCKS, Place, Tokens};

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

    fn add(&mut self, values: impl Iterator<Item = (usize, f32)>) {
        self.count += 1.0;
        for (n, value) in values {
            self.sum[n] += value;
            self.highest[n] = self.highest[n].max(value);
            self.lowest[n] = self.lowest[n].min(value);
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

/// Features made of an aggregate.
const MADE: usize = 4;

impl<const N: usize> Aggregate<N> {
    /// The features, in the order of their names below.
    fn features(&self) -> [[f32; N]; MADE] {
        if self.count == 0.0 {
            return [[0.0; N]; MADE];
        }
        let count = self.count.max(1.0);
        let root = count.sqrt();
        let (mean, sum) = (self.sum.map(|sum| sum / count), self.sum.map(|sum| sum / root));
        [mean, sum, self.highest, self.lowest]
    }
}

const NAMES: [&str; MADE] = ["mean", "sum", "highest", "lowest"];

/// The features of `N` lexicons of one block, in the order of [`feature_names`].
pub(crate) type Lanes<const N: usize> = [[f32; N]];

/// Calls `visit` with the features of each of `blocks`: per namespace, the mean, the sum over the
/// square root of the count, the highest (0 at least) and the lowest (0 at most) log-odds of its
/// tokens under `N` lexicons. `values` gives the log-odds of a token where they are not 0, and the
/// numbers of the lexicons before them.
pub(crate) fn aggregates<T: Copy, V: Iterator<Item = (usize, f32)>, const N: usize>(
    tokens: &Tokens<T>,
    blocks: &[u32],
    values: impl Fn(T) -> V,
    structured: bool,
    mut visit: impl FnMut(&Lanes<N>),
) {
    let classes = structured.then(|| Classes::new(tokens, &values));
    let mut features = Vec::with_capacity(MADE * Namespace::ALL.len());
    for &block in blocks {
        let block = block as usize;
        features.clear();
        for namespace in used(structured) {
            let aggregate = match (OF_BLOCKS.iter().position(|n| *n == namespace), &classes) {
                (None, Some(classes)) => classes.of(block, namespace),
                (which, _) => {
                    let mut aggregate = Aggregate::NONE;
                    let of_block = which.map_or(&[][..], |which| tokens.of_block(block, which));
                    of_block.iter().for_each(|&token| aggregate.add(values(token)));
                    aggregate
                }
            };
            features.extend(aggregate.features());
        }
        visit(&features);
    }
}

fn used(structured: bool) -> impl Iterator<Item = Namespace> {
    Namespace::ALL.into_iter().filter(move |n| structured || !n.needs_structure())
}

/// The names of the features of a lexicon, in order.
pub(crate) fn feature_names(structured: bool) -> impl Iterator<Item = String> {
    used(structured)
        .flat_map(|namespace| NAMES.map(|name| format!("lex_{}_{name}", namespace.name())))
}

/// The aggregates of the elements above the blocks.
struct Classes<'t, T, const N: usize> {
    tokens: &'t Tokens<T>,
    /// Per names of elements, in the class namespaces.
    of_names: Vec<[Aggregate<N>; 3]>,
    /// Of an element and everything above it, for those that are far from some block.
    far: Handed<N>,
    /// Of a block's own elements from here up, where there are several.
    own: Handed<N>,
}

/// Aggregates handed down the tree to some of the elements.
struct Handed<const N: usize> {
    /// Per element, the place of its aggregate; those of the others are not kept.
    place: Vec<u32>,
    aggregates: Vec<Aggregate<N>>,
}

const NOT_KEPT: u32 = u32::MAX;

impl<const N: usize> Handed<N> {
    /// For the elements of which `needed` says so; `make` gets an element and what its parent has.
    fn new(
        elements: &[Place],
        needed: impl Fn(usize) -> bool,
        make: impl Fn(&Place, Option<&Aggregate<N>>) -> Aggregate<N>,
    ) -> Handed<N> {
        let mut handed =
            Handed { place: Vec::with_capacity(elements.len()), aggregates: Vec::new() };
        for (e, element) in elements.iter().enumerate() {
            let place = if needed(e) {
                let above = element.parent.and_then(|parent| handed.get(parent));
                let aggregate = make(element, above);
                handed.aggregates.push(aggregate);
                handed.aggregates.len() as u32 - 1
            } else {
                NOT_KEPT
            };
            handed.place.push(place);
        }
        handed
    }

    fn get(&self, element: usize) -> Option<&Aggregate<N>> {
        self.aggregates.get(self.place[element] as usize)
    }
}

impl<'t, T: Copy, const N: usize> Classes<'t, T, N> {
    fn new<V: Iterator<Item = (usize, f32)>>(
        tokens: &'t Tokens<T>,
        values: impl Fn(T) -> V,
    ) -> Classes<'t, T, N> {
        let of_names: Vec<[Aggregate<N>; 3]> = (0..tokens.names.len())
            .map(|names| {
                let mut of_names = [Aggregate::NONE; 3];
                for token in tokens.of_names(names) {
                    let token = token.map(&values);
                    of_names.iter_mut().zip(token).for_each(|(sum, values)| sum.add(values));
                }
                of_names
            })
            .collect();
        let elements = &tokens.elements;
        let join = |element: &Place, namespace, above: Option<&Aggregate<N>>| {
            let mut aggregate = of_names[element.names][of_elements(namespace)];
            above.into_iter().for_each(|above| aggregate.join(above));
            aggregate
        };
        let mut is_far = vec![false; elements.len()];
        for element in tokens.element.iter().flatten() {
            far_from(elements, *element).into_iter().for_each(|e| is_far[e] = true);
        }
        // Children stand after their parents.
        for e in (0..elements.len()).rev() {
            if let Some(parent) = elements[e].parent {
                is_far[parent] |= is_far[e];
            }
        }
        let far =
            Handed::new(elements, |e| is_far[e], |e, above| join(e, Namespace::FarClass, above));
        let own = Handed::new(
            elements,
            |e| elements[e].own > 1,
            |element, above| {
                // One whose own elements end with it is not kept for itself.
                let parent = element.parent.filter(|_| above.is_none());
                let alone = parent.map(|parent| of_names[elements[parent].names][0]);
                join(element, Namespace::OwnClass, above.or(alone.as_ref()))
            },
        );
        Classes { tokens, of_names, far, own }
    }

    /// The aggregate of a block in a class namespace.
    fn of(&self, block: usize, namespace: Namespace) -> Aggregate<N> {
        let Some(element) = self.tokens.element[block] else { return Aggregate::NONE };
        let elements = &self.tokens.elements;
        match namespace {
            Namespace::OwnClass => match self.own.get(element) {
                Some(own) => *own,
                None => self.of_names[elements[element].names][of_elements(namespace)],
            },
            Namespace::NearClass => {
                let mut near = Aggregate::NONE;
                for e in above_own(elements, element).take(NEAR_PARENTS) {
                    near.join(&self.of_names[elements[e].names][of_elements(namespace)]);
                }
                near
            }
            _ => {
                let far = far_from(elements, element).and_then(|e| self.far.get(e));
                far.copied().unwrap_or(Aggregate::NONE)
            }
        }
    }
}

/// The place of a class namespace among those of elements.
fn of_elements(namespace: Namespace) -> usize {
    namespace as usize - Namespace::OwnClass as usize
}

/// The elements above a block's own ones, innermost first.
fn above_own(elements: &[Place], element: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(elements[element].above_own, |&e| elements[e].parent)
}

/// The innermost of the elements that are neither a block's own nor near.
fn far_from(elements: &[Place], element: usize) -> Option<usize> {
    above_own(elements, element).nth(NEAR_PARENTS)
}
