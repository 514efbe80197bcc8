/* Quoting and splitting of command lines, as POSIX shells do with single quotes and backslashes. */
#include "base/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static bool is_plain(char c)
{
    return isalnum((unsigned char)c) || strchr("_-+=/.,:@%", c);
}

void words_append(struct strbuf *out, const char *word)
{
    bool plain = *word != '\0';

    for (const char *c = word; *c; c++)
        plain = plain && is_plain(*c);
    if (out->length)
        strbuf_append(out, " ");
    if (plain) {
        strbuf_append(out, word);
        return;
    }
    strbuf_append(out, "'");
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            strbuf_append(out, "'\\''");
        else
            strbuf_append_bytes(out, c, 1);
    }
    strbuf_append(out, "'");
}

static enum status add_word(struct words *out, struct strbuf *word)
{
    TRY(array_room(&out->word, &out->word_room, out->words + 1, sizeof *out->word));
    out->word[out->words++] = strbuf_take(word);
    out->word[out->words] = NULL;
    return STATUS_OK;
}

/* Reads one word from *at on, which is no space. */
static enum status read_word(const char **at, struct strbuf *word)
{
    bool quoted = false;

    for (; **at && (quoted || **at != ' '); ++*at) {
        if (**at == '\'')
            quoted = !quoted;
        else if (**at == '\\' && !quoted && (*at)[1])
            strbuf_append_bytes(word, ++*at, 1);
        else
            strbuf_append_bytes(word, *at, 1);
    }
    return quoted ? FAIL(CORRUPT, "a quote of a command line stays open") : STATUS_OK;
}

enum status words_split(struct words *out, const char *text)
{
    struct strbuf word;
    enum status status = STATUS_OK;

    memset(out, 0, sizeof *out);
    strbuf_init(&word);
    while (*(text += strspn(text, " "))) {
        TRY_OUT(read_word(&text, &word));
        TRY_OUT(add_word(out, &word));
    }
out:
    strbuf_release(&word);
    if (status != STATUS_OK)
        words_release(out);
    return status;
}

void words_release(struct words *words)
{
    for (int i = 0; i < words->words; i++)
        free(words->word[i]);
    free(words->word);
    memset(words, 0, sizeof *words);
}
