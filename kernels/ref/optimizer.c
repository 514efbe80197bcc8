/*
 * torch.optim.SGD and torch.optim.AdamW on flat tensors, and the gradient scaler's two operators. Outputs usually are
 * the inputs' own memory; where they are not, a skipped step hands the old values on.
 */
#include <math.h>

#include "kernels/ref/ref.h"

static bool is_set(const struct tensor *flag)
{
    return flag && ref_load(flag, 0) != 0;
}

static void hand_on(const struct tensor *from, const struct tensor *to)
{
    for (int64_t i = 0; i < tensor_count(to); i++)
        ref_store(to, i, ref_load(from, i));
}

/* The first step starts the momentum buffer with the gradient itself, without dampening. */
static double sgd_momentum(const struct op_call *call, int64_t i, double gradient)
{
    const struct sgd_attrs *attrs = &call->attrs.sgd;
    double buffer = gradient;
    if (!is_set(call->in[4]))
        buffer = attrs->momentum * ref_load(call->in[2], i) + (1 - attrs->dampening) * gradient;
    ref_store(call->out[1], i, buffer);
    return attrs->nesterov ? gradient + attrs->momentum * buffer : buffer;
}

static void compute_sgd(const struct op_call *call)
{
    const struct sgd_attrs *attrs = &call->attrs.sgd;
    bool has_momentum = call->in[2] && attrs->momentum != 0;
    if (is_set(call->in[5])) {
        hand_on(call->in[0], call->out[0]);
        if (call->in[2])
            hand_on(call->in[2], call->out[1]);
        return;
    }
    double learning_rate = ref_load(call->in[3], 0);
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++) {
        double parameter = ref_load(call->in[0], i);
        double step = ref_load(call->in[1], i) + attrs->weight_decay * parameter;
        if (has_momentum)
            step = sgd_momentum(call, i, step);
        ref_store(call->out[0], i, parameter - learning_rate * step);
    }
}
REF_OP(sgd)

static void adamw_element(const struct op_call *call, int64_t i, double learning_rate, double step)
{
    const struct adamw_attrs *attrs = &call->attrs.adamw;
    double gradient = ref_load(call->in[1], i);
    double exp_avg = attrs->beta1 * ref_load(call->in[2], i) + (1 - attrs->beta1) * gradient;
    double exp_avg_sq = attrs->beta2 * ref_load(call->in[3], i) + (1 - attrs->beta2) * gradient * gradient;
    double step_size = learning_rate / (1 - pow(attrs->beta1, step));
    double denominator = sqrt(exp_avg_sq) / sqrt(1 - pow(attrs->beta2, step)) + attrs->eps;
    double decayed = ref_load(call->in[0], i) * (1 - learning_rate * attrs->weight_decay);
    ref_store(call->out[0], i, decayed - step_size * exp_avg / denominator);
    ref_store(call->out[1], i, exp_avg);
    ref_store(call->out[2], i, exp_avg_sq);
}

static void compute_adamw(const struct op_call *call)
{
    static const int input_of_output[] = {0, 2, 3, 5};
    if (is_set(call->in[6])) {
        for (int out = 0; out < 4; out++)
            hand_on(call->in[input_of_output[out]], call->out[out]);
        return;
    }
    double step = ref_load(call->in[5], 0) + 1;
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++)
        adamw_element(call, i, ref_load(call->in[4], 0), step);
    ref_store(call->out[3], 0, step);
}
REF_OP(adamw)

static void compute_amp_unscale(const struct op_call *call)
{
    float inverse = (float)(1 / ref_load(call->in[1], 0));
    bool found = false;
    for (int64_t i = 0; i < tensor_count(call->in[0]); i++) {
        double gradient = ref_load(call->in[0], i);
        found |= !isfinite(gradient);
        ref_store(call->out[0], i, gradient * inverse);
    }
    ref_store(call->out[1], 0, found);
}
REF_OP(amp_unscale)

/* A growth that would overflow float32 is left out, but the count starts anew, as in torch._amp_update_scale_. */
static void compute_amp_update_scale(const struct op_call *call)
{
    const struct scaler_attrs *attrs = &call->attrs.scaler;
    double scale = ref_load(call->in[0], 0), tracker = ref_load(call->in[1], 0) + 1;
    if (is_set(call->in[2])) {
        scale *= attrs->backoff_factor;
        tracker = 0;
    } else if (tracker == (double)attrs->growth_interval) {
        double grown = scale * attrs->growth_factor;
        scale = isfinite((float)grown) ? grown : scale;
        tracker = 0;
    }
    ref_store(call->out[0], 0, scale);
    ref_store(call->out[1], 0, tracker);
}
REF_OP(amp_update_scale)
