//! The result of one call, laid out as the header's EngramTokens.

/// One encoded sequence.
pub struct Sequence {
    pub ids: Vec<i32>,
    pub type_ids: Vec<i32>,
    pub truncated: bool,
}

/// The first five fields are the header's struct; the vectors behind them own what the pointers show.
#[repr(C)]
pub struct Tokens {
    ids: *const i32,
    type_ids: *const i32,
    offsets: *const i64,
    sequences: i64,
    truncated: i64,
    owned_ids: Vec<i32>,
    owned_type_ids: Vec<i32>,
    owned_offsets: Vec<i64>,
}

impl Tokens {
    pub fn gather(sequences: Vec<Sequence>) -> Self {
        let total = sequences.iter().map(|sequence| sequence.ids.len()).sum();
        let mut ids = Vec::with_capacity(total);
        let mut type_ids = Vec::with_capacity(total);
        let mut offsets = Vec::with_capacity(sequences.len() + 1);
        offsets.push(0);
        for sequence in &sequences {
            ids.extend_from_slice(&sequence.ids);
            type_ids.extend_from_slice(&sequence.type_ids);
            offsets.push(ids.len() as i64);
        }
        Tokens {
            ids: ids.as_ptr(),
            type_ids: type_ids.as_ptr(),
            offsets: offsets.as_ptr(),
            sequences: sequences.len() as i64,
            truncated: sequences.iter().filter(|sequence| sequence.truncated).count() as i64,
            owned_ids: ids,
            owned_type_ids: type_ids,
            owned_offsets: offsets,
        }
    }
}
