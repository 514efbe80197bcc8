/*
 * The byte source on a .gz against zlib's own inflation of it: prints both times in ms and their ratio, each the best of
 * several, taken in turns. Argument: a .gz file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/clock.h"
#include "importers/source.h"

#define ROUNDS 7

static double source_ms(const char *path)
{
    struct source *source = NULL;
    const char *at = NULL, *end = NULL;
    bool more = true;
    int64_t start = clock_ns();

    if (source_open(path, &source) != STATUS_OK)
        goto failed;
    while (more) {
        at = end;
        if (source_more(source, &at, &end, &more) != STATUS_OK)
            goto failed;
    }
    source_close(source);
    return (double)(clock_ns() - start) / 1e6;
failed:
    fprintf(stderr, "%s\n", status_message());
    exit(1);
}

static double zlib_ms(const char *path)
{
    static char block[512 << 10];
    int64_t start = clock_ns();
    gzFile file = gzopen(path, "rb");

    if (!file)
        exit(1);
    gzbuffer(file, 128 << 10);
    while (gzread(file, block, sizeof block) > 0)
        ;
    gzclose(file);
    return (double)(clock_ns() - start) / 1e6;
}

int main(int argc, char **argv)
{
    double ours = 1e300, zlib = 1e300;

    if (argc != 2)
        return 2;
    for (int i = 0; i < ROUNDS; i++) {
        double one = zlib_ms(argv[1]), other = source_ms(argv[1]);
        zlib = one < zlib ? one : zlib;
        ours = other < ours ? other : ours;
    }
    printf("%.1f %.1f %.3f\n", ours, zlib, ours / zlib);
    return 0;
}
