/* importers/json: the fast scan against the plain one, numbers that no double holds, text, and the walk over bad files. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/random.h"
#include "importers/json/walk.h"
#include "importers/source.h"

/* --- scan --- */

/* Brackets, quotes and backslashes in no order. */
static size_t random_text(char *out, size_t most, uint64_t key, uint64_t *at)
{
    static const char alphabet[] = "{}[]{}[]\"\\\\\"abc ,:1\n";
    size_t length = random_bits(key, (*at)++) % most;
    for (size_t i = 0; i < length; i++)
        out[i] = alphabet[random_bits(key, (*at)++) % (sizeof alphabet - 1)];
    memset(out + length, 0, JSON_PAD);
    return length;
}

START_TEST(scans_agree)
{
    char text[600 + JSON_PAD];
    uint64_t at = 0;
    for (int round = 0; round < 20000; round++) {
        size_t length = random_text(text, 600, 17, &at), cut = length ? random_bits(18, at) % length : 0;
        struct json_scan fast = {.depth = 1 + (int64_t)(random_bits(19, at) % 4)}, plain = fast;
        const char *want = json_scan_plain(&plain, text, text + length);
        /* In two pieces: the state crosses. The second begins in the middle of the buffer, unaligned. */
        const char *got = json_scan(&fast, text, text + cut);
        if (!got)
            got = json_scan(&fast, text + cut, text + length);
        ck_assert_ptr_eq(got, want);
        if (!got) {
            ck_assert_int_eq(fast.depth, plain.depth);
            ck_assert_uint_eq(fast.in_string, plain.in_string);
            ck_assert_uint_eq(fast.escaped, plain.escaped);
        }
    }
}
END_TEST

START_TEST(strings_end)
{
    static const struct {
        const char *text;
        int end; /* -1: none */
    } cases[] = {{"\"", 0}, {"abc\"", 3}, {"a\\\"b\"", 4}, {"a\\\\\"", 3}, {"abc", -1}, {"abc\\", -1}, {"\\\"", -1},
                 {"0123456789abcdef\"", 16}, {"0123456789abcde\\\"f\"", 18}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char padded[128] = {0};
        strcpy(padded, cases[i].text);
        const char *end = json_string_end(padded, padded + strlen(padded));
        ck_assert_int_eq(end ? (int)(end - padded) : -1, cases[i].end);
    }
}
END_TEST

/* --- numbers and text --- */

static struct json_text text_of(const char *text)
{
    static char padded[4096];
    memset(padded, 0, sizeof padded);
    strcpy(padded, text);
    return (struct json_text){padded, padded + strlen(padded)};
}

static const struct {
    const char *text;
    bool valid;
    int64_t ns;
} time_cases[] = {
    {"1414456661601.577", true, 1414456661601577}, {"1712195495519689.123", true, 1712195495519689123},
    {"1606910596297023", true, 1606910596297023000}, {"13", true, 13000}, {"\"25.5\"", true, 25500}, {"0.0005", true, 1},
    {"0.00049", true, 0}, {"1.7e12", true, 1700000000000000}, {"1.414456661601577e+12", true, 1414456661601577},
    {"12e-1", true, 1200}, {"-1", true, -1000}, {"0", true, 0}, {"9223372036854775.807", true, INT64_MAX},
    {"9223372036854775.808", false, 0}, {"1e400", false, 0}, {"99999999999999999999999", false, 0}, {"NaN", false, 0},
    {"Infinity", false, 0}, {"-Infinity", false, 0}, {"null", false, 0}, {"\"\"", false, 0}, {"1.5x", false, 0}, {"-", false, 0},
    {"1e", false, 0}, {".5", false, 0}, {"1.0000000000000000000000000004", true, 1000},
};

START_TEST(microseconds)
{
    int64_t ns = 0;
    ck_assert_int_eq(json_microseconds(text_of(time_cases[_i].text), &ns), time_cases[_i].valid);
    if (time_cases[_i].valid)
        ck_assert_int_eq(ns, time_cases[_i].ns);
}
END_TEST

START_TEST(integers)
{
    int64_t value = 7;
    ck_assert(!json_integer(text_of("18446744073709551615"), &value));
    ck_assert(!json_integer(text_of("1.5"), &value));
    ck_assert(!json_integer(text_of("stream 7"), &value));
    ck_assert(!json_integer((struct json_text){0}, &value));
    ck_assert_int_eq(value, 7);
    ck_assert(json_integer(text_of("9223372036854775807"), &value));
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert(json_integer(text_of("\"4093687616\""), &value));
    ck_assert_int_eq(value, 4093687616);
    ck_assert(json_integer(text_of("12.0"), &value));
    ck_assert_int_eq(value, 12);
    ck_assert(json_integer(text_of("-3"), &value));
    ck_assert_int_eq(value, -3);
}
END_TEST

static const char *const unescape_cases[][2] = {
    {"\"plain\"", "plain"},
    {"\"a\\\"b\\\\c\\/d\\n\\t\"", "a\"b\\c/d\n\t"},
    {"\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A"},
    {"\"\\u0000\"", "\xef\xbf\xbd"},
    {"\"\xff\xc3(\"", "\xef\xbf\xbd\xef\xbf\xbd("},
    {"\"\xc3\xa9\xed\xa0\x80\"", "\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\"C:\\dir\\u12\"", "C:\\dir\xef\xbf\xbd" "12"},
    {"\"end\\\"", "end\\"},
};

START_TEST(unescape)
{
    struct strbuf out;
    strbuf_init(&out);
    json_unescape(text_of(unescape_cases[_i][0]), &out);
    ck_assert_str_eq(out.text, unescape_cases[_i][1]);
    strbuf_release(&out);
}
END_TEST

START_TEST(soundness)
{
    static const char *const sound[] = {"{\"a\": 1, \"b\": [1,2", "{\"a\": \"x{y", "{\"a\":", "{\"a\": {}, \"b\": tru", "{}"};
    static const char *const broken[] = {"{\"a\": \"x\"y\", \"b\"", "{\"a\" \"b\"", "{\"a\": 1 2", "{} {"};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        struct json_text text = text_of(sound[i]);
        ck_assert_msg(json_sound(text.at, text.end), "%s", sound[i]);
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct json_text text = text_of(broken[i]);
        ck_assert_msg(!json_sound(text.at, text.end), "%s", broken[i]);
    }
}
END_TEST

/* --- the walk --- */

static char path[64];

static void make_path(void)
{
    strcpy(path, "clprof-test-XXXXXX");
    close(mkstemp(path));
}

static void remove_path(void)
{
    unlink(path);
}

static void put(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "ab");
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

/* What a walk saw: the "n" of every element, members by key. */
struct seen {
    char elements[4096], members[4096];
};

static enum status see_element(void *user, struct json_text object, bool *broken)
{
    struct seen *seen = user;
    const char *at = object.at + 1;
    struct json_text key, value;
    enum json_step step;

    while ((step = json_next_member(&at, object.end, &key, &value)) == JSON_FOUND) {
        if (json_is(key, "n", 1) && strlen(seen->elements) + 30 < sizeof seen->elements)
            snprintf(seen->elements + strlen(seen->elements), 30, "%.*s ", (int)json_length(value), value.at);
    }
    *broken = step != JSON_END;
    return STATUS_OK;
}

static enum status see_member(void *user, struct json_text key, struct json_text value)
{
    struct seen *seen = user;
    snprintf(seen->members + strlen(seen->members), 60, "%.*s=%.*s ", (int)json_length(key), key.at,
             (int)(json_length(value) < 20 ? json_length(value) : 20), value.at);
    return STATUS_OK;
}

static struct seen seen;
static struct json_outcome outcome;

static enum status walk(void)
{
    struct json_walk row = {.array = "events", .user = &seen, .element = see_element, .member = see_member};
    memset(&seen, 0, sizeof seen);
    return json_walk_file(path, &row, &outcome);
}

static const struct {
    const char *text, *elements, *members;
    int broken, end; /* byte where it breaks off, -1 = it is whole */
} walk_cases[] = {
    {"{\"a\":1,\"events\":[{\"n\":1},{\"n\":2}],\"b\":{\"c\":[1,{}]}}", "1 2 ", "a=1 b={\"c\":[1,{}]} ", 0, -1},
    {" [ {\"n\":1} , {\"n\":2} ] \n", "1 2 ", "", 0, -1},
    {"\xef\xbb\xbf[{\"n\":1}]", "1 ", "", 0, -1},
    {"{\"events\":[]}", "", "", 0, -1},
    {"{\"events\":[{\"n\":1},7,\"x\",null,[{\"n\":9}],{\"n\":2},]}", "1 2 ", "", 0, -1},
    {"[{\"n\":1}{\"n\":2}]", "1 2 ", "", 0, -1},
    {"{\"events\":[{\"n\":1},{\"n\":2},{\"n\":3,\"s\":\"ab", "1 2 ", "", 0, 27},
    {"{\"events\":[{\"n\":1}", "1 ", "", 0, 18},
    {"{\"events\":[{\"n\":1}]", "1 ", "", 0, 19},
    {"{\"events\":[{\"n\":1}],\"b\":\"x", "1 ", "", 0, 24},
    {"[{\"n\":1},{\"n\":\"a\"b\",\"c\":1},{\"n\":3},{\"n\":4}]", "1 3 4 ", "", 1, -1},
    {"[{\"n\":1},{\"n\" 2},{\"n\":3}]", "1 3 ", "", 1, -1},
    {"[{\"n\":1},}},{\"n\":3}]", "1 3 ", "", 1, -1},
    {"{\"events\":[{\"n\":\"}{][\\\"\"},{\"n\":2}]}", "\"}{][\\\"\" 2 ", "", 0, -1},
};

START_TEST(walks)
{
    put_text(walk_cases[_i].text);
    ck_assert_msg(walk() == STATUS_OK, "%s", status_message());
    ck_assert_str_eq(seen.elements, walk_cases[_i].elements);
    ck_assert_str_eq(seen.members, walk_cases[_i].members);
    ck_assert_int_eq(outcome.broken, walk_cases[_i].broken);
    ck_assert_int_eq(outcome.end_offset, walk_cases[_i].end);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_cases[] = {
    {"", "byte 0: nothing is in the file"},
    {"  \n ", "byte 0: nothing is in the file"},
    {"hello", "byte 0: '{' or '[' is expected, 'h' is there"},
    {"[{\"n\":1}] [1]", "byte 10: something follows the end"},
    {"{\"events\":[]}{\"events\":[]}", "byte 13: something follows the end"},
    {"{\"a\" 1}", "byte 5: ':' is expected, '1' is there"},
    {"{\"a\":}", "byte 5: a value is expected, '}' is there"},
    {"{a:1}", "byte 1: a key in quotes is expected, 'a' is there"},
};

START_TEST(bad_roots)
{
    put_text(bad_cases[_i].text);
    ck_assert_int_eq(walk(), STATUS_CORRUPT);
    ck_assert_msg(strstr(status_message(), bad_cases[_i].message) && strstr(status_message(), path), "%s", status_message());
}
END_TEST

START_TEST(depth_costs_nothing)
{
    enum { DEPTH = 1000000 };
    char *brackets = malloc(2 * DEPTH);
    memset(brackets, '[', DEPTH);
    memset(brackets + DEPTH, ']', DEPTH);
    put_text("{\"deep\":");
    put(brackets, 2 * DEPTH);
    put_text(",\"events\":[{\"n\":1,\"deep\":");
    put(brackets, 2 * DEPTH);
    put_text("},{\"n\":2}]}");
    free(brackets);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_str_eq(seen.elements, "1 2 ");
    ck_assert_str_eq(seen.members, ""); /* longer than JSON_MEMBER_BYTES */
}
END_TEST

/* 40 MB: in a member it is passed over, in an element it is too long for any profiler's. */
START_TEST(long_strings)
{
    enum { BYTES = 40 << 20 };
    char *text = malloc(BYTES);
    memset(text, '\\', BYTES);
    put_text("{\"long\":\"");
    put(text, BYTES);
    put_text("\",\"events\":[{\"n\":1}]}");
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_str_eq(seen.elements, "1 ");

    truncate(path, 0);
    put_text("[{\"n\":1},{\"n\":\"");
    memset(text, 'x', BYTES);
    put(text, BYTES);
    put_text("\"}]");
    free(text);
    ck_assert_int_eq(walk(), STATUS_CORRUPT);
    ck_assert_msg(strstr(status_message(), "at byte 9 begins a value of over 16 MB"), "%s", status_message());
}
END_TEST

/* Elements of many sizes over many blocks, so that all kinds of them cross the blocks' edges; plain, and gzip in members. */
START_TEST(blocks)
{
    char text[5000];
    int64_t count = 0;
    gzFile zip = _i ? gzopen(path, "wb1") : NULL;
    FILE *file = _i ? NULL : fopen(path, "wb");
    for (int i = 0; i < 3000; i++) {
        int length = snprintf(text, sizeof text, "%s{\"n\":%d,\"s\":\"%*s\"}%s", i ? ",\n" : "[", i,
                              (int)(random_bits(5, (uint64_t)i) % 3000), "]}\\\"", i == 2999 ? "]" : "");
        if (zip && i % 1000 == 999) { /* another member */
            gzclose(zip);
            zip = gzopen(path, "ab1");
        }
        if (zip)
            gzwrite(zip, text, (unsigned)length);
        else
            fwrite(text, 1, (size_t)length, file);
    }
    if (zip)
        gzclose(zip);
    else
        fclose(file);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_int_eq(outcome.elements, 3000);
    ck_assert_int_eq(outcome.broken, 0);
    ck_assert_int_eq(outcome.end_offset, -1);
    for (char *number = strtok(seen.elements, " "); number; number = strtok(NULL, " "))
        ck_assert_int_eq(atoi(number), count++);
    ck_assert_int_gt(count, 700);
}
END_TEST

/* An unescaped quote must not make the walk read on for long: 2,000 of them in 8 MB. */
START_TEST(many_broken_elements)
{
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 4000; i++)
        fprintf(file, "%s{\"n\":%d,\"s\":\"%2000s%s\"}", i ? ",\n" : "[", i, "", i % 2 ? "a\"b" : "");
    fprintf(file, "]");
    fclose(file);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_int_eq(outcome.broken, 2000);
    ck_assert_int_eq(outcome.elements, 2000);
}
END_TEST

static size_t pack(const char *text, unsigned char *out, size_t room)
{
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)text;
    stream.avail_in = (unsigned)strlen(text);
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t length = room - stream.avail_out;
    deflateEnd(&stream);
    return length;
}

START_TEST(gzip_trouble)
{
    static const char text[] = "[{\"n\":1},{\"n\":2},{\"n\":3}]";
    unsigned char packed[512];
    size_t length = pack(text, packed, sizeof packed);

    put((char *)packed, length); /* zeros behind it are padding, bytes are not */
    put("\0\0\0", 3);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_str_eq(seen.elements, "1 2 3 ");
    ck_assert_ptr_null(outcome.trouble);
    put("zz", 2);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_str_eq(outcome.trouble, "bytes that are no gzip follow its last member");

    truncate(path, 0);
    packed[length - 5] ^= 1; /* the checksum */
    put((char *)packed, length);
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_str_eq(seen.elements, "1 2 3 ");
    ck_assert_str_eq(outcome.trouble, "its gzip checksum or length is wrong");

    truncate(path, 0);
    put((char *)packed, length - 12); /* cut within the data */
    ck_assert_int_eq(walk(), STATUS_OK);
    ck_assert_int_ge(outcome.end_offset, 0);
    ck_assert_str_eq(outcome.trouble, "its gzip stream breaks off");

    truncate(path, 0);
    put("\x1f\x8b\x08rubbish", 10);
    ck_assert_int_eq(walk(), STATUS_CORRUPT);
    ck_assert_msg(strstr(status_message(), "nothing is in the file; its gzip"), "%s", status_message());
}
END_TEST

START_TEST(unreadable)
{
    struct json_walk row = {.array = "events", .user = &seen, .element = see_element};
    ck_assert_int_eq(json_walk_file("no/such/file", &row, &outcome), STATUS_NOT_FOUND);
    ck_assert_int_eq(json_walk_file(".", &row, &outcome), STATUS_IO);
    ck_assert_msg(strstr(status_message(), "directory"), "%s", status_message());
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *values = tcase_create("values"), *files = tcase_create("files");
    tcase_add_test(values, scans_agree);
    tcase_add_test(values, strings_end);
    tcase_add_loop_test(values, microseconds, 0, COUNT(time_cases));
    tcase_add_test(values, integers);
    tcase_add_loop_test(values, unescape, 0, COUNT(unescape_cases));
    tcase_add_test(values, soundness);
    tcase_add_checked_fixture(files, make_path, remove_path);
    tcase_set_timeout(files, 60);
    tcase_add_loop_test(files, walks, 0, COUNT(walk_cases));
    tcase_add_loop_test(files, bad_roots, 0, COUNT(bad_cases));
    tcase_add_test(files, depth_costs_nothing);
    tcase_add_test(files, long_strings);
    tcase_add_loop_test(files, blocks, 0, 2);
    tcase_add_test(files, many_broken_elements);
    tcase_add_test(files, gzip_trouble);
    tcase_add_test(files, unreadable);
    suite_add_tcase(suite, values);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
