/* Hugging Face's tokenizers behind a C interface. Implemented in Rust (src/lib.rs).
 *
 * Every function may be called from any thread; calls on one tokenizer wait for each other. No panic leaves the library.
 * A function that can fail returns NULL then, and sets *error to a text that engram_error_free() releases. */
#ifndef ENGRAM_TOKENIZERS_H
#define ENGRAM_TOKENIZERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EngramTokenizer EngramTokenizer;

/* UTF-8 bytes, not zero-terminated; borrowed for the length of a call. */
typedef struct EngramText {
  const char* bytes;
  size_t size;
} EngramText;

/* Token ids of many sequences, end to end: sequence i is ids[offsets[i] .. offsets[i + 1]). */
typedef struct EngramTokens {
  const int32_t* ids;
  const int32_t* type_ids;
  const int64_t* offsets; /* sequences + 1 entries, from 0 */
  int64_t sequences;
  int64_t truncated; /* sequences that lost tokens to max_length */
} EngramTokens;

/* Reads the content of a tokenizer.json. Truncation and padding that it stores are ignored. */
EngramTokenizer* engram_tokenizer_open(EngramText json, char** error);
void engram_tokenizer_close(EngramTokenizer* tokenizer);

/* Entries of the vocabulary, added tokens included. */
int64_t engram_tokenizer_vocabulary_size(const EngramTokenizer* tokenizer);

/* Special tokens that are added to one sequence (pairs 0) or to a pair (pairs 1). */
int64_t engram_tokenizer_special_tokens(const EngramTokenizer* tokenizer, int pairs);

/* Encodes with special tokens, truncated on the right, longest first, to max_length tokens, on `threads` threads.
 * `pairs` is NULL or holds `count` second sequences. max_length must exceed the special tokens. */
EngramTokens* engram_tokenizer_encode(const EngramTokenizer* tokenizer, const EngramText* texts,
                                      const EngramText* pairs, size_t count, int64_t max_length, int threads,
                                      char** error);
void engram_tokens_free(EngramTokens* tokens);

void engram_error_free(char* error);

#ifdef __cplusplus
}
#endif

#endif
