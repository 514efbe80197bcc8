/* Outputs that a recorder does not tell: shape rules of operators.tsv, copies inside, gradients. */
#include "importers/passes/guess.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define MANY (-2)

static const struct guess nothing = {.dims = -1, .elements = -1, .format = FORMAT_COUNT, .kind = -1};

/* A span of autograd's graph, "ConvolutionBackward0": its inputs are the gradients of its forward operator's outputs.
 */
static bool takes_gradients(const struct node *node, const struct operator_facts *facts)
{
    return node->level == LEVEL_WRAPPER && facts->phase == PHASE_BACKWARD && node->tensors > 0 && node->forward >= 0;
}

bool guess_is_accumulation(const struct chunk *chunk, const struct node *node)
{
    return node->phase == PHASE_BACKWARD && (node->parent < 0 || chunk->nodes[node->parent].tensors == 0);
}

static void look_at_backward(struct guesser *self, const struct node *node, const struct operator_facts *facts)
{
    if (node->phase != PHASE_BACKWARD || node->forward < 0)
        return;
    self->ran_back[node->forward] = true;
    if (node->level == LEVEL_OPERATOR && facts->class_ == CLASS_MIXED && guess_is_accumulation(self->chunk, node)) {
        int *added = &self->added[node->forward];
        *added = *added == -1 ? node_input(self->chunk, node, 0) : MANY;
    }
}

static enum status look_at_node(struct guesser *self, int number)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    const struct operator_facts *facts;
    TRY(facts_of_node(chunk, node, &facts));
    look_at_backward(self, node, facts);
    if (takes_gradients(node, facts) && chunk->tensors[node->first_tensor].position == 0 &&
        self->gradient[node->forward] < 0) /* of several nodes of one operator the first to run made its result */
        self->gradient[node->forward] = node->first_tensor;
    if (facts->class_ == CLASS_COPY_INTO && node->level == LEVEL_INNER) {
        int *copied = &self->copied[node->operator_];
        *copied = *copied == -1 ? node_input(chunk, node, 0) : MANY;
    }
    return STATUS_OK;
}

enum status guesser_init(struct guesser *self, const struct chunk *chunk)
{
    *self = (struct guesser){.chunk = chunk};
    TRY(array_make(&self->copied, chunk->nodes_count, sizeof *self->copied));
    TRY(array_make(&self->gradient, chunk->nodes_count, sizeof *self->gradient));
    TRY(array_make(&self->added, chunk->nodes_count, sizeof *self->added));
    TRY(array_make(&self->ran_back, chunk->nodes_count, sizeof *self->ran_back));
    for (int i = 0; i < chunk->nodes_count; i++)
        self->copied[i] = self->gradient[i] = self->added[i] = -1;
    for (int i = 0; i < chunk->nodes_count; i++)
        TRY(look_at_node(self, i));
    return STATUS_OK;
}

void guesser_release(struct guesser *self)
{
    free(self->copied);
    free(self->gradient);
    free(self->added);
    free(self->ran_back);
}

bool guess_is_last_reader(const struct guesser *self, int node, const struct tensor_kind *kind)
{
    int added = self->added[node];
    return self->ran_back[node] && added != MANY &&
           (added < 0 || !image_same_sizes(tensor_kind_at(self->chunk, added), kind));
}

static void take_sizes(struct guess *guess, const struct tensor_kind *kind)
{
    guess->dims = kind->dims;
    for (int i = 0; i < kind->dims; i++)
        guess->size[i] = kind->size[i];
    guess->elements = tensor_elements(kind);
}

static void take_all(struct guess *guess, const struct chunk *chunk, int tensor)
{
    const struct tensor_kind *kind = tensor_kind_at(chunk, tensor);
    take_sizes(guess, kind);
    guess->dtype = kind->dtype;
    guess->format = image_format(kind);
    guess->kind = chunk->tensors[tensor].kind;
}

/* Batch and channels of an image; its height and width are open. */
static void open_places(struct guess *guess, int64_t channels)
{
    guess->size[1] = channels;
    guess->size[2] = guess->size[3] = -1;
    guess->elements = -1;
}

/* The or-rule of ATen/native/ConvUtils.h. Of transposed weights the first dimension is the input's channels. */
static void guess_convolution(struct guess *guess, const struct tensor_kind *input, const struct tensor_kind *weight)
{
    if (input->dims != 4 || !weight || weight->dims != 4)
        return;
    bool plain = weight->size[1] > 0 && input->size[1] % weight->size[1] == 0,
         transposed = weight->size[0] == input->size[1];
    enum memory_format x = image_format(input), w = image_format(weight);
    take_sizes(guess, input);
    open_places(guess, plain && !transposed ? weight->size[0] : -1);
    if (x == FORMAT_CHANNELS_LAST || w == FORMAT_CHANNELS_LAST)
        guess->format = FORMAT_CHANNELS_LAST;
    else if (x == FORMAT_CONTIGUOUS && w == FORMAT_CONTIGUOUS)
        guess->format = FORMAT_CONTIGUOUS;
}

/* Sizes of operands spread over one another, from the last dimension on. */
static void spread(struct guess *guess, const struct tensor_kind *kind)
{
    struct tensor_kind both = *kind;
    if (guess->dims > kind->dims)
        both.dims = guess->dims;
    for (int i = 1; i <= both.dims; i++) {
        int64_t a = i <= guess->dims ? guess->size[guess->dims - i] : 1;
        int64_t b = i <= kind->dims ? kind->size[kind->dims - i] : 1;
        both.size[both.dims - i] = a == 1 ? b : a;
    }
    take_sizes(guess, &both);
}

static void guess_operands(struct guess *guess, const struct chunk *chunk, const struct node *node)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct tensor_kind *kind = tensor_kind_at(chunk, i);
        if (chunk->tensors[i].out || kind->dims < 0)
            continue;
        enum memory_format format = image_format(kind);
        if (guess->format == FORMAT_COUNT && (format == FORMAT_CONTIGUOUS || format == FORMAT_CHANNELS_LAST))
            guess->format = format;
        spread(guess, kind);
    }
}

static void guess_by_rule(struct guess *guess, const struct chunk *chunk, const struct node *node,
                          const struct operator_facts *facts)
{
    bool as_input = facts->shape == SHAPE_SAME || facts->shape == SHAPE_LIKE;
    int input = node_input(chunk, node, as_input ? facts->same_as : 0);
    const struct tensor_kind *kind = tensor_kind_at(chunk, input);
    if (!kind || kind->dims < 0)
        return;
    if (facts->shape != SHAPE_UNKNOWN && facts->class_ != CLASS_COPY && facts->shape != SHAPE_ALL)
        guess->dtype = kind->dtype;
    if (facts->shape == SHAPE_LIKE && image_format(kind) != FORMAT_EITHER)
        take_all(guess, chunk, input);
    else if (as_input)
        take_sizes(guess, kind);
    else if (facts->shape == SHAPE_ALL)
        guess_operands(guess, chunk, node);
    else if (facts->shape == SHAPE_CONV)
        guess_convolution(guess, kind, tensor_kind_at(chunk, node_input(chunk, node, 1)));
    else if ((facts->shape == SHAPE_POOL || facts->shape == SHAPE_RESIZE) && kind->dims == 4)
        take_sizes(guess, kind), open_places(guess, kind->size[1]);
    else if (facts->shape == SHAPE_PART)
        take_sizes(guess, kind), guess->part = true, guess->elements = -1;
    else if (facts->shape == SHAPE_ELEMENTS)
        guess->elements = tensor_elements(kind);
}

static bool has_open_sizes(const struct guess *guess)
{
    for (int i = 0; i < guess->dims; i++) {
        if (guess->size[i] < 0)
            return true;
    }
    return guess->dims < 0;
}

enum status guess_output(const struct guesser *self, int number, struct guess *guess)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    const struct operator_facts *facts;
    *guess = nothing;
    TRY(facts_of_node(chunk, node, &facts));
    int first = node_input(chunk, node, 0);
    bool in_place = facts->in_place || facts->class_ == CLASS_COPY_INTO;
    if (in_place && first >= 0) {
        take_all(guess, chunk, first);
    } else if (facts->class_ == CLASS_COPY && self->copied[number] >= 0) {
        take_all(guess, chunk, self->copied[number]);
    } else {
        guess_by_rule(guess, chunk, node, facts);
        bool takes_parts = guess->part || (facts->class_ == CLASS_VIEW && facts->shape == SHAPE_UNKNOWN);
        if (has_open_sizes(guess) && self->gradient[number] >= 0 && !takes_parts)
            take_sizes(guess, tensor_kind_at(chunk, self->gradient[number]));
    }
    return STATUS_OK;
}

bool guess_allows(const struct guess *guess, const struct tensor_kind *kind)
{
    if (guess->dims >= 0 && guess->dims != kind->dims)
        return false;
    for (int i = 0; i < guess->dims; i++) {
        if (guess->size[i] >= 0 && (guess->part ? guess->size[i] < kind->size[i] : guess->size[i] != kind->size[i]))
            return false;
    }
    if (guess->elements >= 0 && guess->elements != tensor_elements(kind))
        return false;
    if (guess->dtype && kind->dtype && strcmp(guess->dtype, kind->dtype) != 0)
        return false;
    if (guess->format == FORMAT_COUNT || guess->format == FORMAT_EITHER)
        return true;
    enum memory_format format = image_format(kind);
    return format == FORMAT_COUNT || format == FORMAT_EITHER || guess->format == format;
}

bool guess_is_good(const struct guess *guess)
{
    return !guess->part && (guess->dims >= 0 || guess->elements >= 0);
}
