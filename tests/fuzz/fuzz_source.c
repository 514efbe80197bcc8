/* Fuzz target: bytes as a plain or gzip file, read through the window. */
#include "fuzz.h"
#include "importers/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *source = NULL;
    if (source_open(fuzz_file(data, size), &source) != STATUS_OK)
        return 0;
    const char *at = NULL, *end = NULL;
    int64_t offset = -1;
    unsigned sum = 0;
    for (bool more = true; more;) {
        if (source_more(source, &at, &end, &more) != STATUS_OK)
            break;
        fuzz_must(at <= end && source_offset(source, at) >= offset, "the window runs backwards");
        offset = source_offset(source, at);
        for (const char *c = at; c < end; c++)
            sum += (unsigned char)*c;
        if (end - at > 3)
            at = end - 3; /* keeps a little, as a record that crosses a block does */
    }
    source_trouble(source);
    source_close(source);
    return sum == 0x12345678; /* so that the bytes are looked at */
}
