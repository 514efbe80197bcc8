/* clprof models: the models that `clprof train` knows. */
#include <stdio.h>

#include "commands/commands.h"
#include "trainer/models.h"

static int run(const struct command *self, int argc, char **argv)
{
    int positional, code = command_begin(self, NULL, argc, argv, 0, 0, &positional);
    if (code >= 0)
        return code;
    for (int i = 0; i < model_count(); i++) {
        const struct model *model = model_at(i);
        printf("%-16s %-12s %s\n", model->name, model->source, model->summary);
    }
    return 0;
}

const struct command command_models = {
    "models", "",
    "list the models",
    NULL, run,
    .about = "One line a model: its name, whose architecture it is, what it is.",
    .examples = {
        {"clprof models",
         "All of them"},
    },
};
