/* Reading and writing safetensors: a file of the safetensors package, files of our own, and every way in which a file can be bad. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/safetensors.h"

static char path[64];

static void make_path(void)
{
    strcpy(path, "/tmp/clprof-safetensors-XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

static void remove_path(void)
{
    unlink(path);
}

/* A file of this header, whose length is told as `length` (-1: as it is), and so many bytes of data. */
static void put_file(const char *header, long long length, int data_bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    unsigned long long told = length < 0 ? strlen(header) : (unsigned long long)length;
    for (int i = 0; i < 8; i++)
        fputc((int)(told >> 8 * i & 255), file);
    fputs(header, file);
    for (int i = 0; i < data_bytes; i++)
        fputc(i, file);
    ck_assert_int_eq(fclose(file), 0);
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
#define B(begin, end) "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" #begin "," #end "]}"

static const struct {
    const char *header;
    int data_bytes;
    const char *words[3]; /* that the line must hold, beside the file's name */
} bad[] = {
    {"", 0, {"byte 8", "does not begin with '{'"}},
    {"[]", 0, {"byte 8", "'{'"}},
    {" {}", 0, {"byte 8", "'{'"}},
    {"{", 0, {"byte 9"}},
    {"{}x", 0, {"byte 10", "behind"}},
    {"{" A, 8, {"byte 61", "neither"}},
    {"{" A ",}", 8, {"'\"' is missing"}},
    {"{" A " " B(8, 16) "}", 16, {"neither"}},
    {"{" A "," A "}", 8, {"overlaps"}},
    {"{" A ",\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", 8, {"byte 62", "second", "named a"}},
    {"{" A "," B(4, 12) "}", 12, {"overlaps a"}},
    {"{" A "," B(12, 20) "}", 20, {"leaves a gap behind a"}},
    {"{" B(4, 12) "}", 12, {"leaves a gap behind the header"}},
    {"{" A "}", 7, {"byte 9", "outside", "7 bytes"}},
    {"{" A "}", 9, {"byte 70", "1 bytes behind the last"}},
    {"{" A "," B(8, 16) "}", 12, {"b lie outside"}},
    {"{" B(8, 0) "}", 8, {"outside"}},
    {"{" B(0, 4) "}", 8, {"has 4 bytes", "make 8"}},
    {"{" B(0, 18446744073709551615) "}", 8, {"63 bits"}},
    {"{" B(0, 9223372036854775807) "}", 8, {"63 bits"}},
    {"{" B(-8, 0) "}", 8, {"no whole number"}},
    {"{" B(0, 8.0) "}", 8, {"no whole number"}},
    {"{" B(0, 08) "}", 8, {"no whole number"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 8, {"more numbers"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}", 8, {"two numbers"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,8]}}", 8, {"shape beyond"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", 8, {"more numbers"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, {"'[' is missing"}},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, {"unknown dtype"}},
    {"{\"a\":{\"dtype\":7,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, {"'\"' is missing"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, {"lacks"}},
    {"{\"a\":{}}", 8, {"missing"}},
    {"{\"a\":[[[[[[[[[[[[[[[[", 8, {"'{' is missing"}},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, {"twice"}},
    {"{\"a\":{\"stride\":[1],\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, {"unknown member"}},
    {"{\"__metadata__\":{\"a\":1}," B(0, 8) "}", 8, {"'\"' is missing"}},
    {"{\"__metadata__\":\"a\"," B(0, 8) "}", 8, {"'{' is missing"}},
    {"{\"a", 8, {"no end"}},
    {"{\"a\\", 8, {"escape"}},
    {"{\"a\\x\":1}", 8, {"escape"}},
    {"{\"a\\u00", 8, {"hex"}},
    {"{\"a\\u0000\":1}", 8, {"NUL"}},
    {"{\"a\\u001b\":1}", 8, {"byte 9", "control"}},
    {"{\"a\\n\":1}", 8, {"byte 9", "control"}},
    {"{\"a\\ud800\":1}", 8, {"half a character"}},
    {"{\"a\nb\":1}", 8, {"control"}},
};

START_TEST(bad_files_are_refused)
{
    make_path();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct safetensors file;
        put_file(bad[i].header, -1, bad[i].data_bytes);
        enum status status = safetensors_open(path, &file);
        ck_assert_msg(status == STATUS_CORRUPT, "%s: %s", bad[i].header, status ? status_message() : "taken");
        ck_assert_msg(strstr(status_message(), path) != NULL, "%s: no file name", status_message());
        for (int w = 0; w < 3 && bad[i].words[w]; w++)
            ck_assert_msg(strstr(status_message(), bad[i].words[w]) != NULL, "%s:\n%s does not say %s", bad[i].header,
                          status_message(), bad[i].words[w]);
    }
    remove_path();
}
END_TEST

START_TEST(hostile_lengths_are_refused)
{
    static const long long lengths[] = {1000, 100000001, 1LL << 40, 0x7fffffffffffffff};
    struct safetensors file;
    make_path();
    for (int i = 0; i < 4; i++) {
        put_file("{}", lengths[i], 0);
        REFUSED(safetensors_open(path, &file), CORRUPT, path, "byte 0");
    }
    for (int size = 0; size < 8; size++) {
        put_file("", 0, 0);
        ck_assert_int_eq(truncate(path, size), 0);
        REFUSED(safetensors_open(path, &file), CORRUPT, path, "first 8 bytes");
    }
    remove_path();
    REFUSED(safetensors_open(path, &file), NOT_FOUND, path);
    REFUSED(safetensors_open("/tmp", &file), IO, "/tmp");
}
END_TEST

/* A good file, cut anywhere: never taken. */
START_TEST(truncated_files_are_refused)
{
    struct safetensors file;
    make_path();
    put_file("{" A "," B(8, 16) "}", -1, 16);
    must(safetensors_open(path, &file));
    long whole = (long)(file.data_start + file.data_bytes);
    safetensors_close(&file);
    for (long size = whole - 1; size >= 0; size--) {
        ck_assert_int_eq(truncate(path, size), 0);
        REFUSED(safetensors_open(path, &file), CORRUPT, path);
    }
    remove_path();
}
END_TEST

static void check_values(const struct safetensors *file, const char *name, double relative)
{
    static const float expected[] = {0.0f, 1.5f, -2.25f, 3.0e-5f, 65504.0f, -0.0f};
    float values[6];
    int tensor = safetensors_find(file, name);
    ck_assert_int_ge(tensor, 0);
    ck_assert_int_eq(file->tensor[tensor].dims, 2);
    ck_assert_int_eq(file->tensor[tensor].size[0], 2);
    ck_assert_int_eq(file->tensor[tensor].size[1], 3);
    must(safetensors_read_floats(file, tensor, values));
    for (int i = 0; i < 6; i++)
        ck_assert_msg(fabs(values[i] - expected[i]) <= relative * fabs(expected[i]) && signbit(values[i]) == signbit(expected[i]),
                      "%s[%d] is %g, not %g", name, i, values[i], expected[i]);
}

/* small.safetensors, written by safetensors_file.py. */
START_TEST(the_packages_file_is_read)
{
    struct safetensors file;
    int64_t count = 0;
    float one = 0;
    must(safetensors_open(PROJECT_DIR "/tests/trainer/data/small.safetensors", &file));
    ck_assert_int_eq(file.tensor_count, 7);
    check_values(&file, "float", 0);
    check_values(&file, "wide", 0);
    check_values(&file, "half", 0x1p-9); /* 3e-5 is subnormal */
    check_values(&file, "brain", 0x1p-8);
    must(safetensors_read_integers(&file, safetensors_find(&file, "count"), &count));
    ck_assert_int_eq(count, 7);
    must(safetensors_read_floats(&file, safetensors_find(&file, "naïve \"name\"\\"), &one));
    ck_assert_float_eq(one, 1);
    ck_assert_int_eq(safetensor_count(&file.tensor[safetensors_find(&file, "empty")]), 0);
    ck_assert_int_eq(safetensors_find(&file, "nowhere"), -1);
    ck_assert_str_eq(safetensors_metadata(&file, "note"), "a \"note\"");
    ck_assert_ptr_null(safetensors_metadata(&file, "nothing"));
    REFUSED(safetensors_read_floats(&file, safetensors_find(&file, "count"), &one), UNSUPPORTED, "count", "I64");
    REFUSED(safetensors_read_integers(&file, safetensors_find(&file, "float"), &count), UNSUPPORTED, "float", "F32");
    safetensors_close(&file);
}
END_TEST

static enum status fill(void *user, int item, void *data)
{
    if (user)
        return FAIL(LIMIT, "no more data");
    if (item == 1)
        *(int64_t *)data = -5;
    else
        memcpy(data, (float[]){1, 2, 3}, 3 * sizeof(float));
    return STATUS_OK;
}

START_TEST(what_is_written_is_read)
{
    const int64_t size[] = {3, 1};
    const struct safetensors_item items[] = {{"x.\"y\"", SAFETENSORS_F32, 2, size}, {"n", SAFETENSORS_I64, 0, NULL}};
    const struct safetensors_pair pairs[] = {{"key", "va\\lue\n"}};
    struct safetensors_content content = {items, 2, pairs, 1, fill, NULL};
    struct safetensors file;
    float values[3];
    int64_t number;
    make_path();
    must(safetensors_write(path, &content));
    must(safetensors_open(path, &file));
    ck_assert_int_eq(file.data_start % 8, 0);
    ck_assert_int_eq(file.tensor[safetensors_find(&file, "n")].begin, 0); /* the wide one first */
    must(safetensors_read_integers(&file, safetensors_find(&file, "n"), &number));
    must(safetensors_read_floats(&file, safetensors_find(&file, "x.\"y\""), values));
    ck_assert_int_eq(number, -5);
    ck_assert_float_eq(values[2], 3);
    ck_assert_str_eq(safetensors_metadata(&file, "key"), "va\\lue\n");
    safetensors_close(&file);
    /* A write that fails leaves the old file. */
    content.user = &content;
    REFUSED(safetensors_write(path, &content), LIMIT, "no more data");
    must(safetensors_open(path, &file));
    safetensors_close(&file);
    REFUSED(safetensors_write("/nowhere/at/all.safetensors", &content), IO, "/nowhere/at/all");
    remove_path();
}
END_TEST

int main(void)
{
    return run_tests("safetensors", (const TTest *const[]){bad_files_are_refused, hostile_lengths_are_refused,
                                                           truncated_files_are_refused, the_packages_file_is_read,
                                                           what_is_written_is_read, NULL});
}
