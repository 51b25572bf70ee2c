//! Blocks that take turns in the memory of a few.

/// The state of block `i` to write, and that of the block before to read, where a network's blocks use `states` in
/// turn: one each where all are kept, two where only the last matters. The first block has none before it.
///
/// # Panics
/// There is a block before, but a single state.
pub fn in_turn<S>(states: &mut [S], i: usize) -> (Option<&S>, &mut S) {
    let slots = states.len();
    let Some(before) = i.checked_sub(1) else {
        return (None, &mut states[0]);
    };
    let [before, own] = states.get_disjoint_mut([before % slots, i % slots]).expect("two states in turn");
    (Some(before), own)
}
