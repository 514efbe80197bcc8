/* Views: sizes from the attributes, strides and offsets from the input's. */
#include "kernels/view.h"

#include "kernels/ops/facts.h"

struct view {
    enum op_id op;
    const struct view_attrs *attrs;
    const struct tensor *input;
    struct tensor *out;
    int64_t *offset;
};

bool view_possible(const struct tensor *input, int dims, const int64_t *size, int64_t *stride)
{
    int d = dims - 1; /* view dimensions are filled from the last */
    int64_t run = 1, filled = 1, base = input->dims > 0 ? input->stride[input->dims - 1] : 1;

    if (tensor_count(input) == 0) {
        layout_strides(FORMAT_CONTIGUOUS, dims, size, stride);
        return true;
    }
    for (int i = input->dims - 1; i >= 0; i--) {
        run *= input->size[i];
        /* The run ends where the next dimension does not continue it. */
        if (i > 0 && (input->size[i - 1] == 1 || input->stride[i - 1] == run * base))
            continue;
        for (; d >= 0 && (filled < run || size[d] == 1); d--) {
            stride[d] = filled * base;
            filled *= size[d];
        }
        if (filled != run)
            return false;
        if (i > 0) {
            base = input->stride[i - 1];
            run = filled = 1;
        }
    }
    for (; d >= 0; d--)
        stride[d] = 1;
    return true;
}

static enum status refuse(const struct view *view, const char *why)
{
    char shape[FACTS_SHAPE_BYTES];
    return FAIL(USAGE, "%s: input %s %s", op_name(view->op), facts_shape(shape, view->input), why);
}

static bool has_dim(const struct view *view, int extra)
{
    return view->attrs->dim >= 0 && view->attrs->dim < view->input->dims + extra;
}

/* The sizes that view and expand ask for. */
static struct tensor wanted(const struct view *view)
{
    const struct tensor *input = view->input;
    if (view->attrs->dims > 0)
        return tensor_make(input->dtype, view->attrs->dims, view->attrs->size, FORMAT_CONTIGUOUS);
    int64_t size[2] = {input->size[0], tensor_count(input) / (input->size[0] ? input->size[0] : 1)};
    return tensor_make(input->dtype, 2, size, FORMAT_CONTIGUOUS);
}

static enum status apply_view(const struct view *view)
{
    struct tensor *out = &view->out[0];
    char shape[FACTS_SHAPE_BYTES], want[FACTS_SHAPE_BYTES];
    if (view->input->dims < 1)
        return refuse(view, "has no dimension to keep");
    *out = wanted(view);
    if (tensor_count(out) != tensor_count(view->input))
        return FAIL(USAGE, "%s: input %s has %lld elements, the wanted %s has %lld", op_name(view->op),
                    facts_shape(shape, view->input), (long long)tensor_count(view->input), facts_shape(want, out),
                    (long long)tensor_count(out));
    if (!view_possible(view->input, out->dims, out->size, out->stride))
        return FAIL(UNSUPPORTED, "%s: input %s does not lie so that it can be viewed as %s; use reshape",
                    op_name(view->op), facts_shape(shape, view->input), facts_shape(want, out));
    return STATUS_OK;
}

static enum status apply_order(const struct view *view)
{
    const struct tensor *input = view->input;
    struct tensor *out = &view->out[0];
    bool used[TENSOR_MAX_DIMS] = {false};
    *out = *input;
    for (int d = 0; d < input->dims; d++) {
        int from = view->attrs->order[d];
        if (from < 0 || from >= input->dims || used[from])
            return refuse(view, "and the order of dimensions don't go together");
        used[from] = true;
        out->size[d] = input->size[from];
        out->stride[d] = input->stride[from];
    }
    return STATUS_OK;
}

static enum status apply_expand(const struct view *view)
{
    const struct tensor *input = view->input;
    struct tensor *out = &view->out[0];
    *out = wanted(view);
    int added = out->dims - input->dims;
    if (added < 0)
        return refuse(view, "has more dimensions than it is expanded to");
    for (int d = 0; d < out->dims; d++) {
        bool repeated = d < added || (input->size[d - added] == 1 && out->size[d] != 1);
        if (!repeated && input->size[d - added] != out->size[d])
            return refuse(view, "can't be expanded to the wanted sizes");
        out->stride[d] = repeated ? 0 : input->stride[d - added];
    }
    return STATUS_OK;
}

/* The new dimension's stride is what PyTorch gives it: that of the next one times its size. */
static enum status apply_unsqueeze(const struct view *view)
{
    const struct tensor *input = view->input;
    int dim = view->attrs->dim;
    if (!has_dim(view, 1) || input->dims == TENSOR_MAX_DIMS)
        return refuse(view, "can't take another dimension there");
    struct tensor out = *input;
    out.dims = input->dims + 1;
    for (int d = input->dims; d > dim; d--) {
        out.size[d] = input->size[d - 1];
        out.stride[d] = input->stride[d - 1];
    }
    out.size[dim] = 1;
    out.stride[dim] = dim < input->dims ? input->size[dim] * input->stride[dim] : 1;
    view->out[0] = out;
    return STATUS_OK;
}

static void drop_dim(struct tensor *out, int dim)
{
    for (int d = dim; d + 1 < out->dims; d++) {
        out->size[d] = out->size[d + 1];
        out->stride[d] = out->stride[d + 1];
    }
    out->dims--;
}

static enum status apply_squeeze(const struct view *view)
{
    if (!has_dim(view, 0) || view->input->size[view->attrs->dim] != 1)
        return refuse(view, "has no dimension of size 1 there");
    view->out[0] = *view->input;
    drop_dim(&view->out[0], view->attrs->dim);
    return STATUS_OK;
}

static enum status apply_slice(const struct view *view)
{
    const struct view_attrs *attrs = view->attrs;
    if (!has_dim(view, 0) || attrs->start < 0 || attrs->length < 0 ||
        attrs->start + attrs->length > view->input->size[attrs->dim])
        return refuse(view, "has no such slice");
    view->out[0] = *view->input;
    view->out[0].size[attrs->dim] = attrs->length;
    view->offset[0] = attrs->start * view->input->stride[attrs->dim];
    return STATUS_OK;
}

static enum status apply_select(const struct view *view)
{
    const struct view_attrs *attrs = view->attrs;
    if (!has_dim(view, 0) || attrs->start < 0 || attrs->start >= view->input->size[attrs->dim])
        return refuse(view, "has no such index");
    view->out[0] = *view->input;
    view->offset[0] = attrs->start * view->input->stride[attrs->dim];
    drop_dim(&view->out[0], attrs->dim);
    return STATUS_OK;
}

static enum status apply_split(const struct view *view)
{
    const struct view_attrs *attrs = view->attrs;
    const struct tensor *input = view->input;
    if (!has_dim(view, 0) || attrs->length < 1 || attrs->length * OP_MAX_OUT < input->size[attrs->dim])
        return refuse(view, "can't be split into so many parts");
    for (int i = 0; i * attrs->length < input->size[attrs->dim]; i++) {
        int64_t start = i * attrs->length, left = input->size[attrs->dim] - start;
        view->out[i] = *input;
        view->out[i].size[attrs->dim] = left < attrs->length ? left : attrs->length;
        view->offset[i] = start * input->stride[attrs->dim];
    }
    return STATUS_OK;
}

static const struct {
    enum op_id op;
    enum status (*apply)(const struct view *view);
} views[] = {
    {OP_VIEW, apply_view},       {OP_UNSAFE_VIEW, apply_view},    {OP_PERMUTE, apply_order}, {OP_TRANSPOSE, apply_order},
    {OP_T, apply_order},         {OP_EXPAND, apply_expand},       {OP_SLICE, apply_slice},   {OP_SELECT, apply_select},
    {OP_SPLIT, apply_split},     {OP_UNSQUEEZE, apply_unsqueeze}, {OP_SQUEEZE, apply_squeeze},
};

enum status view_apply(enum op_id op, const struct view_attrs *attrs, const struct tensor *input,
                       struct tensor out[OP_MAX_OUT], int64_t offset[OP_MAX_OUT])
{
    static const struct view_attrs flatten;
    const struct view view = {op, attrs ? attrs : &flatten, input, out, offset};
    for (int i = 0; i < OP_MAX_OUT; i++) {
        out[i].dims = -1;
        offset[i] = 0;
    }
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (views[i].op == op)
            TRY(views[i].apply(&view));
    }
    for (int i = 0; i < OP_MAX_OUT; i++)
        out[i].data = NULL;
    return STATUS_OK;
}

/* Shapes only: strides are given when layouts are known. */
static enum status infer_view(const struct op_query *query, struct tensor *out)
{
    int64_t offset[OP_MAX_OUT];
    TRY(facts_need(query, 0, -1));
    struct tensor input = facts_like(query->in[0]);
    TRY(view_apply(query->op, query->attrs ? &query->attrs->view : NULL, &input, out, offset));
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (out[i].dims >= 0)
            out[i] = facts_like(&out[i]);
    }
    return STATUS_OK;
}

const struct op_facts facts_view = {infer_view, NULL, 0};
