/* Kernel names against the rows of kernel_names.tsv, token by token. */
#include "profiler/kernel_names.h"

#include <ctype.h>
#include <string.h>

#include "base/embed.h"

extern const struct embedded_text kernel_name_files[];

struct slice {
    const char *text;
    size_t length;
};

enum column { PATTERN, ROLE, FROM, TO, PADDED, DTYPES, COLUMNS = 8 };

static bool is_token_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && memcmp(slice.text, word, slice.length) == 0;
}

/* The identifier "16nchwToNhwcKernel" of a mangled name; an empty slice when there is none here. */
static struct slice mangled_token(const char *text)
{
    size_t length = 0;
    while (isdigit((unsigned char)*text) && length < 4096)
        length = length * 10 + (size_t)(*text++ - '0');
    return (struct slice){text, strnlen(text, length) == length ? length : 0};
}

/* The next token at or behind *text, which moves past it; an empty slice at the end. */
static struct slice next_token(const char **text, bool mangled)
{
    const char *at = *text;
    while (*at) {
        struct slice token = {at, 0};
        if (mangled && isdigit((unsigned char)*at)) {
            token = mangled_token(at);
            at = token.text;
        } else if (!mangled) {
            while (is_token_char(token.text[token.length]))
                token.length++;
        }
        if (token.length > 0) {
            *text = token.text + token.length;
            return token;
        }
        at += *at != '\0';
    }
    *text = at;
    return (struct slice){at, 0};
}

static bool token_matches(struct slice token, struct slice pattern)
{
    bool open = pattern.length > 0 && pattern.text[pattern.length - 1] == '*';
    size_t length = pattern.length - open;
    return (open ? token.length >= length : token.length == length) && memcmp(token.text, pattern.text, length) == 0;
}

/* The token of the name that matches, empty when none does. */
static struct slice find_token(const char *name, struct slice pattern)
{
    bool mangled = strncmp(name, "_Z", 2) == 0;
    for (const char *at = mangled ? name + 2 : name;;) {
        struct slice token = next_token(&at, mangled);
        if (token.length == 0 || token_matches(token, pattern))
            return token;
    }
}

/* The token behind the last one of the pattern, separated by single spaces. */
static struct slice next_pattern(struct slice pattern, size_t *at)
{
    const char *start = pattern.text + *at;
    const char *space = memchr(start, ' ', pattern.length - *at);
    struct slice token = {start, space ? (size_t)(space - start) : pattern.length - *at};
    *at += token.length + (space != NULL);
    return token;
}

static bool matches(const char *name, struct slice pattern, struct slice *first)
{
    for (size_t at = 0; at < pattern.length;) {
        bool is_first = at == 0;
        struct slice token = find_token(name, next_pattern(pattern, &at));
        if (token.length == 0)
            return false;
        if (is_first)
            *first = token;
    }
    return true;
}

/* "float", "__half", "__nv_bfloat16" as they stand in C++. */
static const char *dtype_of(struct slice type)
{
    static const struct {
        const char *type, *dtype;
    } types[] = {
        {"float", "float32"},
        {"__half", "float16"},
        {"half", "float16"},
        {"__nv_bfloat16", "bfloat16"},
        {"c10::BFloat16", "bfloat16"},
        {"c10::Half", "float16"},
        {"double", "float64"},
        {"signed char", "int8"},
        {"int8_t", "int8"},
        {"char", "int8"},
        {"unsigned char", "uint8"},
        {"uint8_t", "uint8"},
        {"int", "int32"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (is(type, types[i].type))
            return types[i].dtype;
    }
    return NULL;
}

/* Template argument `number` (from 1) of the token; empty when it has none. Arguments with brackets of their own end
 * the search. */
static struct slice template_argument(struct slice token, int number)
{
    const char *at = token.text + token.length;
    struct slice none = {at, 0};
    if (*at++ != '<')
        return none;
    for (int i = 1;; i++) {
        at += strspn(at, " ");
        struct slice argument = {at, strcspn(at, ",<>()")};
        at += argument.length;
        if (i == number)
            return *at == ',' || *at == '>' ? argument : none;
        if (*at++ != ',')
            return none;
    }
}

/* Splits a line at its tabs; false for comments and lines that lack columns. */
static bool split(struct slice line, struct slice column[COLUMNS])
{
    const char *at = line.text, *end = line.text + line.length;
    if (line.length == 0 || *at == '#')
        return false;
    for (int i = 0; i < COLUMNS; i++) {
        const char *tab = at <= end ? memchr(at, '\t', (size_t)(end - at)) : NULL;
        const char *stop = tab ? tab : end;
        if (at > end)
            return false;
        column[i] = (struct slice){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return true;
}

static enum memory_format format_of(struct slice word)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (is(word, layout_name((enum memory_format)i)))
            return (enum memory_format)i;
    }
    return FORMAT_COUNT;
}

static enum kernel_role role_of(struct slice word)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (is(word, kernel_role_name((enum kernel_role)i)))
            return (enum kernel_role)i;
    }
    return ROLE_COUNT;
}

static void fill(struct kernel_name_facts *facts, const struct slice column[COLUMNS], struct slice token)
{
    struct slice dtypes = column[DTYPES];
    facts->role = role_of(column[ROLE]);
    facts->from = format_of(column[FROM]);
    facts->to = format_of(column[TO]);
    facts->padded = is(column[PADDED], "padded");
    if (dtypes.length == 3) {
        facts->source_dtype = dtype_of(template_argument(token, dtypes.text[0] - '0'));
        facts->dest_dtype = dtype_of(template_argument(token, dtypes.text[2] - '0'));
    }
}

void kernel_name_look_up(const char *name, struct kernel_name_facts *facts)
{
    struct slice column[COLUMNS], token;
    *facts = (struct kernel_name_facts){.role = ROLE_COUNT, .from = FORMAT_COUNT, .to = FORMAT_COUNT};
    for (const char *at = embed_find(kernel_name_files, "kernel_names.tsv"); at && *at;) {
        struct slice line = {at, strcspn(at, "\n")};
        at += line.length + (at[line.length] == '\n');
        if (!split(line, column) || !matches(name, column[PATTERN], &token))
            continue;
        fill(facts, column, token);
        return;
    }
}
