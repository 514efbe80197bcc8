/*
 * Stands in for libFuzzer where there is none: replays files and folders, and changes them at random.
 *
 *     fuzz_<name> [-seconds=N] [-seed=N] [-keep=FILE] FILE|FOLDER...
 *
 * Each round takes one of the inputs, changes a few bytes, cuts, doubles or joins pieces, and runs the target on it. The
 * same seed gives the same inputs. -keep=FILE holds the input at hand, for when it crashes.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz.h"

#define INPUTS 4096
#define INPUT_BYTES (1u << 20)

struct input {
    uint8_t *bytes;
    size_t size;
};

struct inputs {
    struct input item[INPUTS];
    int count;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit ? (size_t)(next_random(state) % limit) : 0;
}

static void take_file(struct inputs *inputs, const char *path)
{
    FILE *file = fopen(path, "rb");
    fuzz_must(file != NULL, path);
    uint8_t *bytes = malloc(INPUT_BYTES);
    fuzz_must(bytes != NULL && inputs->count < INPUTS, "too many inputs");
    size_t size = fread(bytes, 1, INPUT_BYTES, file);
    fclose(file);
    inputs->item[inputs->count++] = (struct input){bytes, size};
}

static void take(struct inputs *inputs, const char *path)
{
    struct stat about;
    fuzz_must(stat(path, &about) == 0, path);
    if (!S_ISDIR(about.st_mode)) {
        take_file(inputs, path);
        return;
    }
    struct dirent **entry = NULL;
    int entries = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < entries; i++) {
        char inside[4096];
        snprintf(inside, sizeof inside, "%s/%s", path, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.')
            take(inputs, inside);
        free(entry[i]);
    }
    free(entry);
}

/* One small change; the buffer has room for INPUT_BYTES. */
static void change(uint64_t *state, uint8_t *bytes, size_t *size, const struct input *other)
{
    static const char *const piece[] = {"\"", "}", "]", "{", "[", ",", ":", "\\", "-1", "1e308", "NaN", "null", "\0", "99999999999999999999"};
    size_t at = below(state, *size + 1), length = 1 + below(state, 64);
    switch (below(state, 6)) {
    case 0: /* a byte */
        if (at < *size)
            bytes[at] = (uint8_t)next_random(state);
        return;
    case 1: /* a bit */
        if (at < *size)
            bytes[at] ^= (uint8_t)(1u << below(state, 8));
        return;
    case 2: /* the rest is lost */
        *size = at;
        return;
    case 3: /* a piece is lost */
        if (at + length < *size) {
            memmove(bytes + at, bytes + at + length, *size - at - length);
            *size -= length;
        }
        return;
    case 4: { /* a word overwrites */
        const char *word = piece[below(state, sizeof piece / sizeof *piece)];
        for (size_t i = 0; word[i] && at + i < *size; i++)
            bytes[at + i] = (uint8_t)word[i];
        return;
    }
    default: { /* a piece of another input is put in */
        size_t from = below(state, other->size);
        if (length > other->size - from)
            length = other->size - from;
        if (*size + length > INPUT_BYTES)
            return;
        memmove(bytes + at + length, bytes + at, *size - at);
        memcpy(bytes + at, other->bytes + from, length);
        *size += length;
    }
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static long mutate(const struct inputs *inputs, double seconds, uint64_t seed, const char *keep)
{
    uint8_t *bytes = malloc(INPUT_BYTES);
    fuzz_must(bytes != NULL && inputs->count > 0, "no inputs");
    long rounds = 0;
    for (double end = now() + seconds; now() < end; rounds++) {
        const struct input *from = &inputs->item[below(&seed, (size_t)inputs->count)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (size_t changes = 1 + below(&seed, 4); changes > 0; changes--)
            change(&seed, bytes, &size, &inputs->item[below(&seed, (size_t)inputs->count)]);
        if (keep) {
            FILE *file = fopen(keep, "wb");
            fuzz_must(file != NULL && fwrite(bytes, 1, size, file) == size, "can't keep the input");
            fclose(file);
        }
        LLVMFuzzerTestOneInput(bytes, size);
    }
    free(bytes);
    return rounds;
}

int main(int argc, char **argv)
{
    static struct inputs inputs;
    double seconds = 0;
    uint64_t seed = 1;
    const char *keep = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-seconds=", 9) == 0)
            seconds = atof(argv[i] + 9);
        else if (strncmp(argv[i], "-seed=", 6) == 0)
            seed = strtoull(argv[i] + 6, NULL, 10) | 1;
        else if (strncmp(argv[i], "-keep=", 6) == 0)
            keep = argv[i] + 6;
        else
            take(&inputs, argv[i]);
    }
    for (int i = 0; i < inputs.count; i++)
        LLVMFuzzerTestOneInput(inputs.item[i].bytes, inputs.item[i].size);
    long rounds = seconds > 0 ? mutate(&inputs, seconds, seed, keep) : 0;
    printf("%d inputs replayed, %ld changed ones\n", inputs.count, rounds);
    for (int i = 0; i < inputs.count; i++)
        free(inputs.item[i].bytes);
    return inputs.count == 0;
}
