/* Fuzz target: the importer of importers/nsys. */
#include "fuzz.h"
#include "importers/importer.h"

extern const struct importer importer_nsys;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, importer_nsys.read);
    return 0;
}
