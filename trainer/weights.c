/* Matching a session's state with a file's tensors by name; reading and writing them. */
#include "trainer/weights.h"

#include <stdlib.h>
#include <string.h>

/* Set in every file of weights_write: tensors beyond the model's are its own. */
#define OWN_MARK "clprof.format"

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

#define MEAN "running_mean"
#define TRACKED "num_batches_tracked"

/* "bn1.running_mean" -> "bn1.num_batches_tracked"; false for state that has none. */
static bool tracked_name(const struct session_state *state, struct strbuf *out)
{
    strbuf_clear(out);
    if (!state->model || !ends_with(state->name, MEAN))
        return false;
    strbuf_append_bytes(out, state->name, strlen(state->name) - strlen(MEAN));
    strbuf_append(out, TRACKED);
    return true;
}

static bool is_in(const struct session_state *state, enum weights_part part)
{
    return part == WEIGHTS_ALL || state->model;
}

static void print_shape(struct strbuf *out, int dims, const int64_t *size)
{
    strbuf_append(out, "(");
    for (int i = 0; i < dims; i++)
        strbuf_printf(out, "%s%lld", i ? ", " : "", (long long)size[i]);
    strbuf_append(out, dims == 1 ? ",)" : ")");
}

struct defects {
    struct strbuf *lines;
    int missing, extra, shape, dtype;
};

static void compare(struct defects *self, const struct session_state *state, const struct safetensors *file)
{
    int found = safetensors_find(file, state->name);
    struct strbuf *lines = self->lines;
    if (found < 0) {
        self->missing++;
        strbuf_printf(lines, "missing: %s ", state->name);
        print_shape(lines, state->tensor.dims, state->tensor.size);
        strbuf_append(lines, "\n");
        return;
    }
    const struct safetensor *tensor = &file->tensor[found];
    if (tensor->dims != state->tensor.dims ||
        memcmp(tensor->size, state->tensor.size, (size_t)tensor->dims * sizeof *tensor->size) != 0) {
        self->shape++;
        strbuf_printf(lines, "another shape: %s is ", state->name);
        print_shape(lines, tensor->dims, tensor->size);
        strbuf_append(lines, " in the file, the model's is ");
        print_shape(lines, state->tensor.dims, state->tensor.size);
        strbuf_append(lines, "\n");
    } else if (!safetensors_is_float(tensor->type)) {
        self->dtype++;
        strbuf_printf(lines, "another dtype: %s is %s, weights are F32, BF16, F16 or F64\n", state->name,
                      safetensors_type_name(tensor->type));
    }
}

static void compare_tracked(struct defects *self, const char *name, const struct safetensors *file)
{
    int found = safetensors_find(file, name);
    if (found < 0)
        return;
    const struct safetensor *tensor = &file->tensor[found];
    if (tensor->type != SAFETENSORS_I64 || safetensor_count(tensor) != 1) {
        self->dtype++;
        strbuf_printf(self->lines, "another dtype: %s is no I64 number\n", name);
    }
}

/* Training state of a file of our own, when only the model is wanted. */
static bool is_beyond(const struct safetensors *file, const char *name, enum weights_part part)
{
    return part == WEIGHTS_MODEL && safetensors_metadata(file, OWN_MARK) &&
           (strncmp(name, "optimizer.", 10) == 0 || strncmp(name, "scaler.", 7) == 0 || strncmp(name, "ema.", 4) == 0);
}

/* Marks in taken[] the file's tensors that `session` has a place for. */
static enum status find_extras(struct defects *self, const struct session *session, const struct safetensors *file,
                               enum weights_part part)
{
    bool *taken = calloc((size_t)file->tensor_count + 1, sizeof *taken);
    struct strbuf name;
    if (!taken)
        return FAIL(NO_MEMORY, "no memory for %d names", file->tensor_count);
    strbuf_init(&name);
    for (int i = 0; i < session_states(session); i++) {
        const struct session_state *state = session_state(session, i);
        int found = is_in(state, part) ? safetensors_find(file, state->name) : -1;
        int tracked = tracked_name(state, &name) ? safetensors_find(file, name.text) : -1;
        if (found >= 0)
            taken[found] = true;
        if (tracked >= 0)
            taken[tracked] = true;
    }
    for (int t = 0; t < file->tensor_count; t++) {
        const struct safetensor *tensor = &file->tensor[t];
        if (taken[t] || is_beyond(file, tensor->name, part))
            continue;
        self->extra++;
        strbuf_printf(self->lines, "extra: %s ", tensor->name);
        print_shape(self->lines, tensor->dims, tensor->size);
        strbuf_append(self->lines, "\n");
    }
    strbuf_release(&name);
    free(taken);
    return STATUS_OK;
}

enum status weights_check(const struct session *session, const struct safetensors *file, enum weights_part part,
                          struct strbuf *lines)
{
    struct defects defects = {lines, 0, 0, 0, 0};
    struct strbuf name;
    strbuf_init(&name);
    for (int i = 0; i < session_states(session); i++) {
        const struct session_state *state = session_state(session, i);
        if (is_in(state, part))
            compare(&defects, state, file);
        if (tracked_name(state, &name))
            compare_tracked(&defects, name.text, file);
    }
    strbuf_release(&name);
    TRY(find_extras(&defects, session, file, part));
    if (defects.missing + defects.extra + defects.shape + defects.dtype == 0)
        return STATUS_OK;
    return FAIL(CORRUPT, "%s does not fit the model: of its tensors %d are missing, %d extra, %d of another shape, %d of another "
                "dtype; give the model, --classes and options that it was written with", file->path, defects.missing,
                defects.extra, defects.shape, defects.dtype);
}

static enum status read_tracked(struct session *session, int index, const struct safetensors *file, struct strbuf *name)
{
    int64_t batches = 0;
    int found = tracked_name(session_state(session, index), name) ? safetensors_find(file, name->text) : -1;
    if (found >= 0)
        TRY(safetensors_read_integers(file, found, &batches));
    session_set_tracked(session, index, batches);
    return STATUS_OK;
}

/* The moving average of a state, which begins where the state does; -1 without one. */
static int average_of(const struct session *session, const char *name, struct strbuf *scratch)
{
    strbuf_clear(scratch);
    strbuf_printf(scratch, "ema.%s", name);
    return session_find(session, scratch->text);
}

static enum status read_state(struct session *session, int index, const struct safetensors *file, enum weights_part part,
                              float *values, struct strbuf *scratch)
{
    const struct session_state *state = session_state(session, index);
    TRY(read_tracked(session, index, file, scratch));
    if (!is_in(state, part))
        return STATUS_OK;
    TRY(safetensors_read_floats(file, safetensors_find(file, state->name), values));
    TRY(session_write(session, index, values, NULL));
    int average = part == WEIGHTS_MODEL ? average_of(session, state->name, scratch) : -1;
    return average < 0 ? STATUS_OK : session_write(session, average, values, NULL);
}

static float *room_for_largest(const struct session *session)
{
    int64_t most = 1;
    for (int i = 0; i < session_states(session); i++) {
        int64_t count = tensor_count(&session_state(session, i)->tensor);
        most = count > most ? count : most;
    }
    return malloc((size_t)most * sizeof(float));
}

enum status weights_read(struct session *session, const struct safetensors *file, enum weights_part part)
{
    struct strbuf scratch;
    enum status status = STATUS_OK;
    float *values = room_for_largest(session);
    if (!values)
        return FAIL(NO_MEMORY, "no memory for the weights of %s", file->path);
    strbuf_init(&scratch);
    for (int i = 0; i < session_states(session) && status == STATUS_OK; i++)
        status = read_state(session, i, file, part, values, &scratch);
    strbuf_release(&scratch);
    free(values);
    return status;
}

/* What one item of the file is: a state, or the count of batches that its norm has seen. */
struct writing {
    struct session *session;
    struct safetensors_item *item;
    int *state;
    int items;
};

static enum status fill(void *user, int item, void *data)
{
    const struct writing *self = user;
    int index = self->state[item];
    if (self->item[item].type == SAFETENSORS_F32)
        return session_read(self->session, index, data);
    *(int64_t *)data = session_state(self->session, index)->tracked + session_drawn(self->session);
    return STATUS_OK;
}

/* Room for two items a state. The names of counts are owned by the items, the others by the session. */
static enum status list_items(struct writing *self)
{
    struct strbuf name;
    size_t most = 2 * (size_t)session_states(self->session) + 1;
    self->item = calloc(most, sizeof *self->item);
    self->state = calloc(most, sizeof *self->state);
    if (!self->item || !self->state)
        return FAIL(NO_MEMORY, "no memory for %zu names of weights", most);
    strbuf_init(&name);
    for (int i = 0; i < session_states(self->session); i++) {
        const struct session_state *state = session_state(self->session, i);
        self->state[self->items] = i;
        self->item[self->items++] = (struct safetensors_item){state->name, SAFETENSORS_F32, state->tensor.dims,
                                                              state->tensor.size};
        if (!tracked_name(state, &name))
            continue;
        self->state[self->items] = i;
        self->item[self->items++] = (struct safetensors_item){strbuf_take(&name), SAFETENSORS_I64, 0, NULL};
    }
    strbuf_release(&name);
    return STATUS_OK;
}

enum status weights_write(struct session *session, const char *path, const struct safetensors_pair *pair, int pairs)
{
    struct writing self = {.session = session};
    enum status status = list_items(&self);
    struct safetensors_pair *all = calloc((size_t)pairs + 2, sizeof *all);
    if (status == STATUS_OK && !all)
        status = FAIL(NO_MEMORY, "no memory for %d facts", pairs);
    if (status == STATUS_OK) {
        all[0] = (struct safetensors_pair){"format", "pt"}; /* what readers of PyTorch's world look for */
        all[1] = (struct safetensors_pair){OWN_MARK, "1"};
        if (pairs)
            memcpy(all + 2, pair, (size_t)pairs * sizeof *all);
        struct safetensors_content content = {self.item, self.items, all, pairs + 2, fill, &self};
        status = safetensors_write(path, &content);
    }
    for (int i = 0; i < self.items; i++) {
        if (self.item[i].type == SAFETENSORS_I64)
            free((char *)self.item[i].name);
    }
    free(self.item);
    free(self.state);
    free(all);
    return status;
}
