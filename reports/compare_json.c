/* A comparison as JSON (compare.h); reports/compare.schema.json describes it. */
#include <math.h>

#include "reports/compare.h"
#include "reports/json.h"

static const char *const sides[SIDES] = {"a", "b"};

static void put_interval(struct json *json, const char *key, struct stats_interval figure)
{
    json_open_object(json, key);
    json_number(json, "value", figure.value);
    json_number(json, "low", figure.low);
    json_number(json, "high", figure.high);
    json_close_object(json);
}

static void put_side(struct json *json, const struct comparison *self, int side)
{
    const struct table *run = &self->report[side].section[SECTION_run];

    json_open_object(json, sides[side]);
    json_text(json, "trace", self->report[side].trace_path);
    json_open_object(json, "run");
    if (run->rows > 0)
        json_row(json, run, 0, 0, (int)run->columns);
    json_close_object(json);
    json_close_object(json);
}

static void put_figures(struct json *json, const struct comparison *self)
{
    json_open_object(json, "figures");
    for (int i = 0; i < COMPARE_FIGURES; i++) {
        const struct compare_figure *figure = &self->figure[i];

        json_open_object(json, figure->key);
        for (int side = 0; side < SIDES; side++)
            put_interval(json, sides[side], figure->side[side]);
        put_interval(json, figure->relative ? "change_percent" : "difference", figure->change);
        json_close_object(json);
    }
    json_close_object(json);
}

static void put_causes(struct json *json, const struct comparison *self)
{
    json_open_object(json, "conversions_by_cause");
    for (int i = 0; i < self->causes; i++) {
        json_open_object(json, self->cause[i].name);
        for (int side = 0; side < SIDES; side++)
            json_number(json, sides[side], self->cause[i].side[side]);
        json_close_object(json);
    }
    json_close_object(json);
}

static void put_operator(struct json *json, const struct compare_operator *operator)
{
    json_open_object(json, NULL);
    json_text(json, "op_name", operator->name);
    json_text(json, "phase", operator->phase);
    json_text(json, "change", operator->change);
    for (int side = 0; side < SIDES; side++) {
        json_open_object(json, sides[side]);
        json_text(json, "verdict", operator->verdict[side]);
        json_number(json, "conversions_per_step", operator->conversions[side]);
        json_number(json, "ms_per_step", operator->ms[side]);
        json_number(json, "round_trips_per_step", operator->round_trips[side]);
        put_interval(json, "lost_percent", operator->lost[side]);
        json_close_object(json);
    }
    put_interval(json, "more_lost", operator->more_lost);
    json_close_object(json);
}

static void put_settings(struct json *json, const struct comparison *self)
{
    json_open_object(json, "set_up_differs");
    for (int i = 0; i < self->settings; i++) {
        json_open_object(json, self->setting[i].name);
        for (int side = 0; side < SIDES; side++)
            json_text(json, sides[side], self->setting[i].side[side]);
        json_close_object(json);
    }
    json_close_object(json);
}

static void put_notes(struct json *json, const struct comparison *self)
{
    struct strbuf text;

    strbuf_init(&text);
    json_open_array(json, "notes");
    for (int i = 0; comparison_note(&text, self, i); i++) {
        json_text(json, NULL, text.text);
        strbuf_clear(&text);
    }
    json_close_array(json);
    strbuf_release(&text);
}

void comparison_write_json(const struct comparison *self, FILE *out)
{
    struct json json;

    json_begin(&json, out, 2, false);
    json_open_object(&json, NULL);
    json_text(&json, "clprof", CLPROF_VERSION);
    for (int side = 0; side < SIDES; side++)
        put_side(&json, self, side);
    put_figures(&json, self);
    put_causes(&json, self);
    json_open_array(&json, "operators");
    for (int i = 0; i < self->operators; i++)
        put_operator(&json, &self->operator[i]);
    json_close_array(&json);
    put_settings(&json, self);
    put_notes(&json, self);
    json_close_object(&json);
    fputc('\n', out);
}
