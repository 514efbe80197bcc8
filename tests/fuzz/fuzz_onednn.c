/* Fuzz target: the importer of importers/onednn. */
#include "fuzz.h"
#include "importers/importer.h"

extern const struct importer importer_onednn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, importer_onednn.read);
    return 0;
}
