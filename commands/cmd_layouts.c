/* clprof layouts: what channels_last is worth, model by model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/layouts_measure.h"
#include "reports/json.h"

enum layouts_format { AS_TEXT, AS_CSV, AS_JSON };

struct layouts_options {
    int format;
    const char *policy, *data;
    int64_t batch, image_size, rounds, warmup, threads, seed;
    bool quiet;
};

static void print_number(FILE *out, double value)
{
    if (!isnan(value))
        fprintf(out, "%.6g", value);
}

static void print_csv(const struct layouts_row *row)
{
    const double numbers[] = {row->images_per_s, row->speed_up_percent.value, row->speed_up_percent.low,
                              row->speed_up_percent.high, row->conversions, row->conversion_ms, row->round_trips};

    printf("%s,%s,%s", row->model, row->dtype, row->layout);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        printf(",");
        print_number(stdout, numbers[i]);
    }
    printf(",\"%s\"\n", row->verdict);
}

static void print_json(struct json *json, const struct layouts_row *row)
{
    json_open_object(json, NULL);
    json_text(json, "model", row->model);
    json_text(json, "dtype", row->dtype);
    json_text(json, "layout", row->layout);
    json_number(json, "images_per_s", row->images_per_s);
    json_number(json, "speed_up_percent", row->speed_up_percent.value);
    json_number(json, "speed_up_percent_low", row->speed_up_percent.low);
    json_number(json, "speed_up_percent_high", row->speed_up_percent.high);
    json_number(json, "conversions_per_step", row->conversions);
    json_number(json, "conversion_ms_per_step", row->conversion_ms);
    json_number(json, "round_trips_per_step", row->round_trips);
    json_text(json, "verdict", row->verdict);
    json_close_object(json);
}

static void print_text(const struct layouts_row *row)
{
    char speed_up[64] = "-";

    if (!isnan(row->speed_up_percent.value))
        snprintf(speed_up, sizeof speed_up, "%+.1f %% [%+.1f, %+.1f]", row->speed_up_percent.value,
                 row->speed_up_percent.low, row->speed_up_percent.high);
    printf("%-18s %-9s %-14s %9.2f  %-24s %9.1f %9.2f %9.1f  %s\n", row->model, row->dtype, row->layout,
           row->images_per_s, speed_up, row->conversions, row->conversion_ms, row->round_trips, row->verdict);
}

static void print_head(const struct layouts_options *options, struct json *json)
{
    if (options->format == AS_CSV)
        printf("model,dtype,layout,images_per_s,speed_up_percent,speed_up_percent_low,speed_up_percent_high,"
               "conversions_per_step,conversion_ms_per_step,round_trips_per_step,verdict\n");
    if (options->format == AS_TEXT)
        printf("%-18s %-9s %-14s %9s  %-24s %9s %9s %9s  %s\n", "model", "dtype", "layout", "images/s",
               "against contiguous", "conv/step", "ms/step", "trips", "verdict");
    if (options->format == AS_JSON) {
        json_begin(json, stdout, 2, false);
        json_open_object(json, NULL);
        json_whole(json, "batch", options->batch);
        json_whole(json, "image_size", options->image_size);
        json_whole(json, "rounds", options->rounds);
        json_open_array(json, "layouts");
    }
    fflush(stdout);
}

static void print_foot(const struct layouts_options *options, struct json *json)
{
    if (options->format == AS_JSON) {
        json_close_array(json);
        json_close_object(json);
        printf("\n");
    }
    if (options->format == AS_TEXT)
        printf("Training steps, batch %lld of %lld x %lld pixels, %lld rounds of interleaved steps; brackets are 95 %% intervals over them.\n"
               "contiguous: convolutions convert around a channels_last kernel. blocked: contiguous, with convolutions in the formats that\n"
               "oneDNN chooses for itself, reordered into and out of around each, as PyTorch's CPU convolutions are.\n",
               (long long)options->batch, (long long)options->image_size, (long long)options->image_size,
               (long long)options->rounds);
}

static void print_rows(const struct layouts_options *options, struct json *json, const struct layouts_row *rows)
{
    for (int i = 0; i < LAYOUT_COUNT; i++) {
        if (options->format == AS_CSV)
            print_csv(&rows[i]);
        else if (options->format == AS_JSON)
            print_json(json, &rows[i]);
        else
            print_text(&rows[i]);
    }
    fflush(stdout);
}

/* The options of `clprof train`, as they are when none is given, with ours set. */
static enum status make_config(const struct layouts_options *options, struct layouts_config *out)
{
    char name[] = "train", *argv[] = {name, NULL};
    int positional;
    bool help;

    TRY(options_parse(train_option_rows, &out->training, 1, argv, &positional, &help));
    out->training.policy = options->policy;
    out->training.data = options->data;
    out->training.device = DEVICE_CPU; /* what is compared with is oneDNN's */
    out->training.batch = options->batch;
    out->training.given_batch = true;
    out->training.image_size = options->image_size;
    out->training.threads = options->threads;
    out->training.seed = options->seed;
    out->warmup = (int)options->warmup;
    out->rounds = (int)options->rounds;
    return STATUS_OK;
}

static enum status measure_model(const struct layouts_options *options, const struct layouts_config *config,
                                 struct json *json, const char *model)
{
    struct layouts_row rows[LAYOUT_COUNT];

    for (int autocast = 0; autocast < 2; autocast++) {
        memset(rows, 0, sizeof rows);
        if (!options->quiet)
            fprintf(stderr, "clprof layouts: %s, %s\n", model, autocast ? "autocast" : "float32");
        enum status status = layouts_measure(config, model, autocast, rows);
        if (status == STATUS_OK)
            print_rows(options, json, rows);
        for (int i = 0; i < LAYOUT_COUNT; i++)
            free(rows[i].verdict);
        TRY(status);
    }
    return STATUS_OK;
}

/* Before anything runs: a name that is none would be found late. */
static enum status check_models(char **names, int count)
{
    const struct model *model;
    for (int i = 0; i < count; i++)
        TRY(model_find(names[i], &model));
    return STATUS_OK;
}

static enum status measure(const struct layouts_options *options, char **names, int count)
{
    struct layouts_config config = {0};
    struct json json;
    int models = count ? count : model_count();

    TRY(make_config(options, &config));
    TRY(check_models(names, count));
    print_head(options, &json);
    for (int i = 0; i < models; i++)
        TRY(measure_model(options, &config, &json, count ? names[i] : model_at(i)->name));
    print_foot(options, &json);
    return STATUS_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct layouts_options options = {0};
    int positional, code = command_begin(self, &options, argc, argv, 0, 100, &positional);

    if (code >= 0)
        return code;
    enum status status = measure(&options, argv + 1, positional);
    return status == STATUS_OK ? 0 : command_failed(self, status);
}

#define AT(member) offsetof(struct layouts_options, member)

static const struct option options_of[] = {
    {"format", 0, OPTION_CHOICE, AT(format), "FORMAT", "text|csv|json", "text", .help = "of the table"},
    {"batch", 'b', OPTION_INT, AT(batch), "N", .initial = "16", .low = 1, .high = 65536, .help = "images per step"},
    {"image-size", 0, OPTION_INT, AT(image_size), "S", .initial = "224", .low = 1, .high = 4096, .help = "side of an image in pixels"},
    {"rounds", 0, OPTION_INT, AT(rounds), "N", .initial = "10", .low = 2, .high = 100000, .help = "steps of each layout, interleaved"},
    {"warmup", 0, OPTION_INT, AT(warmup), "N", .initial = "2", .low = 0, .high = 1000, .help = "rounds before those"},
    {"policy", 0, OPTION_TEXT, AT(policy), "POLICY", .help = "which PyTorch's layouts to obey; default: the device's newest"},
    {"data", 0, OPTION_TEXT, AT(data), "DATA", .initial = "synthetic", .help = "as of clprof train"},
    {"threads", 0, OPTION_INT, AT(threads), "N", .low = 1, .high = 4096, .help = "CPU threads; default: all"},
    {"seed", 0, OPTION_INT, AT(seed), "N", .initial = "42", .low = 0, .high = 9e15, .help = "of parameters and orders"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), .help = "no progress"},
    OPTION_END,
};

const struct command command_layouts = {
    "layouts", "[MODEL...]",
    "compare contiguous, channels_last and blocked training, model by model",
    options_of, run,
    .about = "Trains each model in several ways, their steps interleaved: contiguous, channels_last and "
        "oneDNN's blocked formats, in float32 and with autocast. Says images per second, the gain over "
        "contiguous float32 with its interval, and what was converted. Without MODEL: all models, which "
        "takes a while.",
    .examples = {
        {"clprof layouts resnet50 --batch 8",
         "Is channels_last worth it here?"},
        {"clprof layouts resnet18 mobilenet_v2 --format csv",
         "For a spreadsheet"},
    },
};
