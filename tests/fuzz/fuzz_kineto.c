/* Fuzz target: the importer of importers/kineto. */
#include "fuzz.h"
#include "importers/importer.h"

extern const struct importer importer_kineto;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, importer_kineto.read);
    return 0;
}
