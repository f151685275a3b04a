//! Long texts are cut into tokens as far as they are needed, not as a whole.

use tokenizers::{EncodeInput, Encoding, ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// Bytes below which a text is encoded as a whole.
const LONG: usize = 1 << 16;

/// Whether the words of a text are cut into tokens one by one, so that its first tokens do not depend on what follows.
fn goes_word_by_word(tokenizer: &Tokenizer) -> bool {
    let model = matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_) | ModelWrapper::WordLevel(_));
    let words = matches!(
        tokenizer.get_pre_tokenizer(),
        Some(
            PreTokenizerWrapper::BertPreTokenizer(_)
                | PreTokenizerWrapper::Whitespace(_)
                | PreTokenizerWrapper::WhitespaceSplit(_)
        )
    );
    let normalizer =
        matches!(tokenizer.get_normalizer(), None | Some(NormalizerWrapper::BertNormalizer(_) | NormalizerWrapper::Lowercase(_)));
    let added = tokenizer.get_added_tokens_decoder();
    model && words && normalizer && !added.values().any(|token| token.content.contains(char::is_whitespace))
}

/// Where the first word border at or behind `from` is.
fn border(text: &str, from: usize) -> Option<usize> {
    let start = (from..text.len()).find(|&at| text.is_char_boundary(at))?;
    text[start..].find(char::is_whitespace).map(|at| start + at)
}

/// The encoding of a long text, made from its beginning; nothing where the whole text is needed. Truncation is on.
pub fn of_beginning(tokenizer: &Tokenizer, text: &str) -> tokenizers::Result<Option<Encoding>> {
    if text.len() <= LONG || !goes_word_by_word(tokenizer) {
        return Ok(None);
    }
    let mut length = LONG;
    while let Some(end) = border(text, length) {
        let encoding = tokenizer.encode_fast(EncodeInput::from(&text[..end]), true)?;
        if !encoding.get_overflowing().is_empty() {
            return Ok(Some(encoding));
        }
        length = end * 8;
    }
    Ok(None)
}
