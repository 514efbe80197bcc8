/* Rows of what is declared: runs, modules, operators with their tensors, kernels, conversions. */
#include "base/clock.h"
#include "base/strbuf.h"
#include "profiler/store.h"
#include "profiler/trace_int.h"

/* "[16, 64, 56, 56]", as PyTorch prints a list of ints. */
static void bind_list(sqlite3_stmt *row, int position, int count, const int64_t *values)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_append(&text, "[");
    for (int i = 0; i < count; i++)
        strbuf_printf(&text, i ? ", %lld" : "%lld", (long long)values[i]);
    strbuf_append(&text, "]");
    trace_bind_text(row, position, text.text);
    strbuf_release(&text);
}

/* Only a 4-D tensor has a memory format. */
static const char *format_name(const struct tensor *tensor)
{
    return tensor->dims == 4 ? layout_name(tensor_format(tensor)) : NULL;
}

enum status store_run(struct store *store, const struct run_info *run)
{
    sqlite3_stmt *row = store->row[ROW_RUN];
    const char *const texts[] = {run->source,        run->command_line,   run->model,
                                 run->device,        run->device_name,    run->policy,
                                 run->memory_format, run->autocast_dtype, run->library_versions};
    const int64_t numbers[] = {run->batch_size, run->threads,    run->rank,
                               run->world_size, clock_unix_ns(), run->warmup_steps};
    int position = 1;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        trace_bind_text(row, position++, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        store_bind_known(row, position++, numbers[i]);
    return store_insert(store, ROW_RUN);
}

enum status store_module(struct store *store, int number, const struct module_info *module)
{
    sqlite3_stmt *row = store->row[ROW_MODULE];

    trace_bind_int(row, 1, number + 1);
    if (module->parent < 0)
        sqlite3_bind_null(row, 2);
    else
        trace_bind_int(row, 2, module->parent + 1);
    trace_bind_text(row, 3, module->path);
    trace_bind_text(row, 4, module->class_name);
    return store_insert(store, ROW_MODULE);
}

/* The tensor whose shape stands for all of them: the first 4-D one, else the first; NULL when there is none. */
static const struct tensor *main_tensor(const struct tensor_info *infos, int count)
{
    for (int i = 0; i < count; i++) {
        if (infos[i].tensor.dims == 4)
            return &infos[i].tensor;
    }
    return count > 0 ? &infos[0].tensor : NULL;
}

static void bind_main(sqlite3_stmt *row, int format_position, int shape_position, const struct tensor *tensor)
{
    trace_bind_text(row, format_position, tensor ? format_name(tensor) : NULL);
    if (tensor)
        bind_list(row, shape_position, tensor->dims, tensor->size);
    else
        sqlite3_bind_null(row, shape_position);
}

static enum status store_op_tensors(struct store *store, int op, const char *direction, int count,
                                    const struct tensor_info *infos, const int *places)
{
    sqlite3_stmt *row = store->row[ROW_OP_TENSOR_DEF];

    for (int i = 0; i < count; i++) {
        const struct tensor *tensor = &infos[i].tensor;

        trace_bind_int(row, 1, op + 1);
        trace_bind_text(row, 2, direction);
        trace_bind_int(row, 3, places ? places[i] : i);
        store_bind_known(row, 4, infos[i].id);
        trace_bind_int(row, 5, infos[i].persistent);
        trace_bind_text(row, 6, dtype_name(tensor->dtype));
        bind_list(row, 7, tensor->dims, tensor->size);
        bind_list(row, 8, tensor->dims, tensor->stride);
        trace_bind_text(row, 9, format_name(tensor));
        trace_bind_int(row, 10, tensor_bytes(tensor));
        TRY(store_insert(store, ROW_OP_TENSOR_DEF));
    }
    return STATUS_OK;
}

enum status store_op(struct store *store, int number, const struct op_info *op)
{
    sqlite3_stmt *row = store->row[ROW_OP_DEF];

    trace_bind_int(row, 1, number + 1);
    trace_bind_text(row, 2, op->name);
    trace_bind_text(row, 3, op_phase_name(op->phase));
    if (op->module < 0)
        sqlite3_bind_null(row, 4);
    else
        trace_bind_int(row, 4, op->module + 1);
    trace_bind_int(row, 5, number);
    bind_main(row, 6, 8, main_tensor(op->input, op->inputs));
    bind_main(row, 7, 9, main_tensor(op->output, op->outputs));
    TRY(store_insert(store, ROW_OP_DEF));
    TRY(store_op_tensors(store, number, "in", op->inputs, op->input, op->input_position));
    return store_op_tensors(store, number, "out", op->outputs, op->output, op->output_position);
}

enum status store_kernel(struct store *store, int number, const struct kernel_info *kernel, const char *device,
                         const char *stream)
{
    sqlite3_stmt *row = store->row[ROW_KERNEL_DEF];

    trace_bind_int(row, 1, number + 1);
    trace_bind_text(row, 2, kernel->name);
    trace_bind_text(row, 3, kernel->role == ROLE_COUNT ? NULL : kernel_role_name(kernel->role));
    trace_bind_text(row, 4, device);
    trace_bind_text(row, 5, stream);
    store_bind_known(row, 6, kernel->bytes_read);
    store_bind_known(row, 7, kernel->bytes_written);
    store_bind_known(row, 8, kernel->flops);
    return store_insert(store, ROW_KERNEL_DEF);
}

/* Both columns of one end of a conversion; both NULL inside a library. */
static void bind_end(sqlite3_stmt *row, int position, int64_t tensor, bool persistent)
{
    store_bind_known(row, position, tensor);
    store_bind_known(row, position + 1, tensor < 0 ? -1 : persistent);
}

enum status store_conversion(struct store *store, int number, const struct conversion_info *conversion)
{
    sqlite3_stmt *row = store->row[ROW_CONVERSION_DEF];

    trace_bind_int(row, 1, number + 1);
    trace_bind_text(row, 2, conversion_cause_name(conversion->cause));
    trace_bind_text(row, 3, layout_name(conversion->from));
    trace_bind_text(row, 4, layout_name(conversion->to));
    bind_list(row, 5, conversion->tensor.dims, conversion->tensor.size);
    store_bind_known(row, 6, conversion->bytes_read);
    store_bind_known(row, 7, conversion->bytes_written);
    trace_bind_text(row, 8, dtype_name(conversion->tensor.dtype));
    trace_bind_text(row, 9, dtype_name(conversion->dest_dtype));
    trace_bind_int(row, 10, conversion->cached);
    trace_bind_int(row, 11, conversion->padded);
    bind_end(row, 12, conversion->source_id, conversion->source_persistent);
    bind_end(row, 14, conversion->dest_id, conversion->dest_persistent);
    return store_insert(store, ROW_CONVERSION_DEF);
}

static const char *known_format(enum memory_format format)
{
    return format == FORMAT_COUNT ? NULL : layout_name(format);
}

enum status store_found_conversion(struct store *store, int number, const struct kernel_name_facts *facts)
{
    sqlite3_stmt *row = store->row[ROW_CONVERSION_DEF];

    for (int position = 1; position <= sqlite3_bind_parameter_count(row); position++)
        sqlite3_bind_null(row, position);
    trace_bind_int(row, 1, number + 1);
    trace_bind_text(row, 2, conversion_cause_name(CAUSE_LIBRARY));
    trace_bind_text(row, 3, known_format(facts->from));
    trace_bind_text(row, 4, known_format(facts->to));
    trace_bind_text(row, 8, facts->source_dtype);
    trace_bind_text(row, 9, facts->dest_dtype);
    trace_bind_int(row, 11, facts->padded);
    return store_insert(store, ROW_CONVERSION_DEF);
}
