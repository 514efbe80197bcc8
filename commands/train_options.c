/* One row per option of `clprof train`. */
#include "commands/train_options.h"

#include "trainer/learner.h"

#define AT(member) offsetof(struct train_options, member)

const struct option train_option_rows[] = {
    {"channels-last", 0, OPTION_FLAG, AT(channels_last), .help = "model and batch in channels_last (NHWC)"},
    {"contiguous", 0, OPTION_FLAG, AT(contiguous), .help = "model and batch in contiguous (NCHW); the default"},
    {"amp", 0, OPTION_CHOICE, AT(amp), "DTYPE", "auto|fp16|bf16|off", "auto",
     .help = "autocast: auto is bf16 on a CPU, fp16 with GradScaler on a GPU"},
    {"policy", 0, OPTION_TEXT, AT(policy), "POLICY", .help = "which PyTorch's layouts to obey (clprof policies); default: the device's newest"},
    {"device", 0, OPTION_CHOICE, AT(device), "DEVICE", "auto|cpu|cuda", "auto", .help = "where to run"},
    {"tf32", 0, OPTION_CHOICE, AT(tf32), "WHERE", "auto|on|off", "auto",
     .help = "round float32 products to TF32 on a GPU: auto: convolutions only, as PyTorch does"},
    {"autotune", 0, OPTION_FLAG, AT(autotune), .help = "measure cuDNN's kernels of each convolution and take the fastest (cudnn.benchmark)"},
    {"cuda-graph", 0, OPTION_FLAG, AT(cuda_graph), .help = "launch steps outside the window as one CUDA graph each"},
    {"ranks", 0, OPTION_INT, AT(ranks), "N", .initial = "1", .low = 1, .high = 64,
     .help = "train on so many GPUs at once, a process each, with NCCL; --batch is each one's, TRACE.rankN that of rank N"},
    {"data", 0, OPTION_TEXT, AT(data), "DATA", .initial = "fashion-mnist", .help = "fashion-mnist, synthetic, a folder of idx.gz files, or of images (train/CLASS/*.jpg, val/CLASS/*.png)"},
    {"workers", 0, OPTION_INT, AT(workers), "N", .initial = "0", .low = 0, .high = 256,
     .help = "threads that decode images; 0: half of the processors, at most 8"},
    {"max-broken", 0, OPTION_INT, AT(max_broken), "N", .low = 0, .high = 1e12, .given_offset = AT(given_max_broken),
     .help = "broken images that are borne; default: one in 100, at least 10"},
    {"batch", 'b', OPTION_INT, AT(batch), "N", .low = 1, .high = 65536, .given_offset = AT(given_batch),
     .help = "images per step; default: 16 on a CPU, 64 on a GPU"},
    {"image-size", 0, OPTION_INT, AT(image_size), "S", .initial = "224", .low = 1, .high = 4096, .help = "side of an image in pixels"},
    {"classes", 0, OPTION_INT, AT(classes), "N", .low = 2, .high = 1000000,
     .help = "outputs of the last layer; default: the classes of an image folder, otherwise 1000"},
    {"steps", 0, OPTION_INT, AT(steps), "N", .low = 1, .high = 1e12, .help = "train so many steps; default: until the profiled window closes"},
    {"epochs", 0, OPTION_INT, AT(epochs), "N", .low = 1, .high = 1e9, .help = "train so many epochs, each ending with an evaluation"},
    {"optimizer", 0, OPTION_CHOICE, AT(optimizer), "NAME", "sgd|adamw", "sgd", .help = "torch.optim.SGD or AdamW"},
    {"lr", 0, OPTION_NUMBER, AT(learning_rate), "X", .low = 0, .high = 1e6, .given_offset = AT(given_learning_rate),
     .help = "learning rate; default 0.01 for sgd, 0.001 for adamw"},
    {"momentum", 0, OPTION_NUMBER, AT(momentum), "X", .initial = "0.9", .low = 0, .high = 1, .help = "of sgd"},
    {"nesterov", 0, OPTION_FLAG, AT(nesterov), .help = "sgd with Nesterov's momentum"},
    {"weight-decay", 0, OPTION_NUMBER, AT(weight_decay), "X", .low = 0, .high = 1e3, .given_offset = AT(given_weight_decay),
     .help = "default 0.0001 for sgd, 0.01 for adamw"},
    {"label-smoothing", 0, OPTION_NUMBER, AT(label_smoothing), "X", .initial = "0", .low = 0, .high = 1, .help = "of the cross entropy"},
    {"schedule", 0, OPTION_CHOICE, AT(schedule), "NAME", "constant|cosine|onecycle", "constant", .help = "of the learning rate"},
    {"profile", 0, OPTION_PAIR, AT(profile), "WARMUP:ACTIVE", .initial = "3:10", .low = 0, .high = 1000000,
     .given_offset = AT(given_profile), .help = "steps to record, from the start; the first WARMUP don't count"},
    {"no-profile", 0, OPTION_FLAG, AT(no_profile), .help = "record nothing"},
    {"probe", 0, OPTION_NUMBER, AT(probe), "SECONDS", .initial = "2", .low = 0, .high = 1e6,
     .help = "after the last step, measure operators in other memory formats for about so long; 0: don't"},
    {"threads", 0, OPTION_INT, AT(threads), "N", .low = 1, .high = 4096, .help = "CPU threads; default: all"},
    {"seed", 0, OPTION_INT, AT(seed), "N", .initial = "42", .low = 0, .high = 9e15, .help = "of parameters, shuffling and dropout"},
    {"smoothing", 0, OPTION_NUMBER, AT(label_smoothing), "X", .low = 0, .high = 1, .help = "the same, by timm's name"},
    {"mixup", 0, OPTION_NUMBER, AT(mixup), "ALPHA", .low = 0, .high = 1e3, .help = "mix each batch with itself turned around, shares from Beta(ALPHA, ALPHA)"},
    {"cutmix", 0, OPTION_NUMBER, AT(cutmix), "ALPHA", .low = 0, .high = 1e3, .help = "paste boxes of it instead; with --mixup every batch gets one of both"},
    {"grad-accum-steps", 0, OPTION_INT, AT(accumulate), "N", .initial = "1", .low = 1, .high = 65536,
     .help = "batches of a step, whose gradients are added; --steps counts steps"},
    {"clip-grad", 0, OPTION_NUMBER, AT(clip_grad), "X", .low = 1e-30, .high = 1e30,
     .help = "largest norm of all gradients together; larger ones are scaled down to it"},
    {"model-ema", 0, OPTION_FLAG, AT(model_ema), .help = "keep a moving average of parameters and buffers, and evaluate it, too"},
    {"model-ema-decay", 0, OPTION_NUMBER, AT(ema_decay), "X", .initial = "0.9998", .low = 1e-9, .high = 1, .help = "of --model-ema"},
    {"init-scale", 0, OPTION_NUMBER, AT(init_scale), "X", .initial = "65536", .low = 1e-30, .high = 1e30, .help = "GradScaler (fp16)"},
    {"growth-factor", 0, OPTION_NUMBER, AT(growth_factor), "X", .initial = "2.0", .low = 1, .high = 1e6, .help = "GradScaler"},
    {"backoff-factor", 0, OPTION_NUMBER, AT(backoff_factor), "X", .initial = "0.5", .low = 1e-6, .high = 1, .help = "GradScaler"},
    {"growth-interval", 0, OPTION_INT, AT(growth_interval), "N", .initial = "2000", .low = 1, .high = 1e9, .help = "GradScaler"},
    {"checkpoint", 0, OPTION_TEXT, AT(checkpoint), "FILE", .help = "write all state there, as safetensors, after each epoch and at the end"},
    {"resume", 0, OPTION_TEXT, AT(resume), "FILE", .help = "go on from a checkpoint; --steps and --epochs count from the very start"},
    {"weights", 0, OPTION_TEXT, AT(weights), "FILE", .help = "start from the weights in a safetensors file with PyTorch's names"},
    {"output", 'o', OPTION_TEXT, AT(output), "TRACE", .initial = "trace.db", .help = "the trace to write"},
    {"report", 0, OPTION_TEXT, AT(report), "FILE", .help = "also write a report: .html, .json, .csv or .txt"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), .help = "no progress"},
    OPTION_END,
};

enum status train_options_check(const struct train_options *options)
{
    if (options->channels_last && options->contiguous)
        return FAIL(USAGE, "--channels-last and --contiguous exclude each other");
    if (options->no_profile && options->given_profile)
        return FAIL(USAGE, "--profile and --no-profile exclude each other");
    if (options->resume && options->weights)
        return FAIL(USAGE, "--resume and --weights exclude each other: a checkpoint holds the weights");
    if (options->steps && options->epochs)
        return FAIL(USAGE, "--steps and --epochs exclude each other");
    if (!options->no_profile && options->profile[1] < 1)
        return FAIL(USAGE, "--profile %lld:%lld records no active step; use --no-profile to record nothing",
                    (long long)options->profile[0], (long long)options->profile[1]);
    if (options->no_profile && !options->steps && !options->epochs)
        return FAIL(USAGE, "--no-profile needs --steps or --epochs: without a window there is no end");
    if (options->growth_factor <= 1 || options->backoff_factor >= 1)
        return FAIL(USAGE, "--growth-factor must be above 1 and --backoff-factor below 1");
    return STATUS_OK;
}

double train_options_rate(const struct train_options *options)
{
    return options->given_learning_rate ? options->learning_rate : options->optimizer == OPTIMIZER_ADAMW ? 1e-3 : 1e-2;
}

void train_options_loop(const struct train_options *options, struct loop_config *loop)
{
    *loop = (struct loop_config){
        .batch = options->batch,
        .side = (int)options->image_size,
        .workers = (int)options->workers,
        .seed = (uint64_t)options->seed,
        .steps = options->steps,
        .epochs = options->epochs,
        .schedule = (enum schedule_kind)options->schedule,
        .learning_rate = train_options_rate(options),
        .watched_steps = options->no_profile ? 0 : options->profile[0] + options->profile[1],
        .channels_last = options->channels_last,
        .autocast_dtype = options->amp == AMP_OFF ? DTYPE_FLOAT32 : options->amp == AMP_FP16 ? DTYPE_FLOAT16 : DTYPE_BFLOAT16,
        .init_scale = options->init_scale,
        .scaling = {options->growth_factor, options->backoff_factor, options->growth_interval},
        .accumulate = (int)options->accumulate,
        .mixup = options->mixup,
        .cutmix = options->cutmix,
        .label_smoothing = options->label_smoothing,
        .clip_norm = options->clip_grad,
        .ema_decay = options->model_ema ? options->ema_decay : 0,
        .quiet = options->quiet,
        .checkpoint = options->checkpoint,
    };
}

enum status train_options_session(const struct train_options *options, struct session_config *session)
{
    bool adamw = options->optimizer == OPTIMIZER_ADAMW;
    double decay = options->given_weight_decay ? options->weight_decay : adamw ? 0.01 : 1e-4;
    struct loop_config loop;
    session->device = (struct backend_options){(int)options->threads, (enum backend_tf32)options->tf32, options->autotune};
    session->device_graph = options->cuda_graph;
    session->layout.format = FORMAT_CONTIGUOUS;
    session->batch = options->batch;
    session->side = (int)options->image_size;
    session->seed = (uint64_t)options->seed;
    session->label_smoothing = options->label_smoothing;
    session->optim = (struct optim_config){
        .kind = (enum optimizer_kind)options->optimizer,
        .sgd = {.momentum = options->momentum, .weight_decay = decay, .nesterov = options->nesterov},
        .adamw = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = decay},
        .ranks = (int)options->ranks,
    };
    train_options_loop(options, &loop);
    return callbacks_configure(&loop, session);
}
