/* Fuzz target: a safetensors file is refused with a line, or every tensor of it can be read within the file. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "trainer/safetensors.h"

/* Tensors are read one by one; together they tile the data, so no more is read than the file has. */
static void read_all(const struct safetensors *file)
{
    int64_t bytes = 0;
    for (int t = 0; t < file->tensor_count; t++) {
        const struct safetensor *tensor = &file->tensor[t];
        int64_t count = safetensor_count(tensor);
        double *values = malloc((size_t)count * sizeof *values + 1);
        fuzz_must(values != NULL, "no memory for a tensor of a small file");
        bool integer = tensor->type == SAFETENSORS_I64, known = integer || safetensors_is_float(tensor->type);
        enum status status = integer ? safetensors_read_integers(file, t, (int64_t *)values)
                                     : safetensors_read_floats(file, t, (float *)values);
        fuzz_must(known ? status == STATUS_OK : status == STATUS_UNSUPPORTED, "a tensor that was taken can't be read");
        fuzz_must(safetensors_find(file, tensor->name) == t, "a tensor is not found by its name");
        bytes += tensor->end - tensor->begin;
        free(values);
    }
    fuzz_must(bytes == file->data_bytes, "tensors don't tile the data");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors file;
    if (safetensors_open(fuzz_file(data, size), &file) != STATUS_OK) {
        fuzz_must(status_message()[0] != 0, "a failure without a line");
        fuzz_must(strstr(status_message(), "input") != NULL, "a failure that does not name the file");
        return 0;
    }
    read_all(&file);
    safetensors_close(&file);
    return 0;
}
