//! Hugging Face's tokenizers behind the C interface of include/engram_tokenizers.h, which states the contract.

mod prefix;
mod tokens;

use std::ffi::{c_char, c_int, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rayon::prelude::*;
use tokenizers::{EncodeInput, Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use tokens::{Sequence, Tokens};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    bytes: *const c_char,
    size: usize,
}

impl Text {
    /// # Safety
    /// `bytes` must point to `size` readable bytes that outlive `'a`.
    unsafe fn as_str<'a>(self) -> Outcome<&'a str> {
        if self.size == 0 {
            return Ok("");
        }
        let bytes = std::slice::from_raw_parts(self.bytes.cast::<u8>(), self.size);
        Ok(std::str::from_utf8(bytes)?)
    }
}

/// The truncation of one call is a setting of the tokenizer, hence the lock.
pub struct Handle(Mutex<Tokenizer>);

impl Handle {
    fn lock(&self) -> MutexGuard<'_, Tokenizer> {
        // A panic in an earlier call leaves at most its truncation behind, which every call sets anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work`; an error or a panic becomes `*error`, and the result null.
unsafe fn guarded<T>(error: *mut *mut c_char, work: impl FnOnce() -> Outcome<T>) -> *mut T {
    static QUIET: Once = Once::new();
    // The default hook prints to standard error, which belongs to the host.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let text = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Box::into_raw(Box::new(value)),
        Ok(Err(reason)) => reason.to_string(),
        Err(panic) => panic_text(panic.as_ref()),
    };
    if !error.is_null() {
        *error = CString::new(text.replace('\0', " ")).unwrap_or_default().into_raw();
    }
    std::ptr::null_mut()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("the tokenizers library failed: {}", text.unwrap_or("no reason given"))
}

fn open(json: &str) -> Outcome<Handle> {
    let mut tokenizer: Tokenizer = json.parse()?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None)?;
    Ok(Handle(Mutex::new(tokenizer)))
}

fn encode_one(tokenizer: &Tokenizer, text: &str, pair: Option<&str>) -> Outcome<Sequence> {
    let encoding = match pair {
        Some(second) => tokenizer.encode_fast(EncodeInput::from((text, second)), true)?,
        None => match prefix::of_beginning(tokenizer, text)? {
            Some(beginning) => beginning,
            None => tokenizer.encode_fast(text, true)?,
        },
    };
    Ok(Sequence {
        ids: encoding.get_ids().iter().map(|&id| id as i32).collect(),
        type_ids: encoding.get_type_ids().iter().map(|&id| id as i32).collect(),
        truncated: !encoding.get_overflowing().is_empty(),
    })
}

fn encode(handle: &Handle, texts: &[&str], pairs: Option<&[&str]>, max_length: i64, threads: c_int) -> Outcome<Tokens> {
    let mut tokenizer = handle.lock();
    tokenizer.with_truncation(Some(TruncationParams {
        direction: TruncationDirection::Right,
        max_length: usize::try_from(max_length)?,
        strategy: TruncationStrategy::LongestFirst,
        stride: 0,
    }))?;
    let tokenizer: &Tokenizer = &tokenizer;
    let one = |i: usize| encode_one(tokenizer, texts[i], pairs.map(|p| p[i]));
    let threads = usize::try_from(threads)?.clamp(1, texts.len().max(1));
    // A pool of the call's own: no thread outlives the call, and the host decides how many there are.
    let sequences: Vec<Sequence> = if threads == 1 {
        (0..texts.len()).map(one).collect::<Outcome<_>>()?
    } else {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| (0..texts.len()).into_par_iter().map(one).collect::<Outcome<_>>())?
    };
    Ok(Tokens::gather(sequences))
}

unsafe fn as_strs<'a>(texts: *const Text, count: usize) -> Outcome<Vec<&'a str>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    std::slice::from_raw_parts(texts, count).iter().map(|text| text.as_str()).collect()
}

/// # Safety
/// As the header says; so for every function below.
#[no_mangle]
pub unsafe extern "C" fn engram_tokenizer_open(json: Text, error: *mut *mut c_char) -> *mut Handle {
    guarded(error, || open(json.as_str()?))
}

#[no_mangle]
pub unsafe extern "C" fn engram_tokenizer_close(tokenizer: *mut Handle) {
    if !tokenizer.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(tokenizer))));
    }
}

#[no_mangle]
pub unsafe extern "C" fn engram_tokenizer_vocabulary_size(tokenizer: *const Handle) -> i64 {
    catch_unwind(AssertUnwindSafe(|| (*tokenizer).lock().get_vocab_size(true) as i64)).unwrap_or(0)
}

#[no_mangle]
pub unsafe extern "C" fn engram_tokenizer_special_tokens(tokenizer: *const Handle, pairs: c_int) -> i64 {
    let count = || {
        let tokenizer = (*tokenizer).lock();
        tokenizer.get_post_processor().map_or(0, |processor| {
            tokenizers::PostProcessor::added_tokens(processor, pairs != 0) as i64
        })
    };
    catch_unwind(AssertUnwindSafe(count)).unwrap_or(0)
}

#[no_mangle]
pub unsafe extern "C" fn engram_tokenizer_encode(
    tokenizer: *const Handle,
    texts: *const Text,
    pairs: *const Text,
    count: usize,
    max_length: i64,
    threads: c_int,
    error: *mut *mut c_char,
) -> *mut Tokens {
    guarded(error, || {
        let firsts = as_strs(texts, count)?;
        let seconds = if pairs.is_null() { None } else { Some(as_strs(pairs, count)?) };
        encode(&*tokenizer, &firsts, seconds.as_deref(), max_length, threads)
    })
}

#[no_mangle]
pub unsafe extern "C" fn engram_tokens_free(tokens: *mut Tokens) {
    if !tokens.is_null() {
        drop(Box::from_raw(tokens));
    }
}

#[no_mangle]
pub unsafe extern "C" fn engram_error_free(error: *mut c_char) {
    if !error.is_null() {
        drop(CString::from_raw(error));
    }
}
