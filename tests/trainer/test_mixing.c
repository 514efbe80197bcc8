/* Mixup and CutMix: shares are Beta-distributed, images and labels are mixed by them, and all follows from seed and number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/trainer/support_trainer.h"
#include "trainer/mixing.h"

#define SIDE 12
#define COUNT 5 /* the middle one mixes with itself */
#define CLASSES 7
#define PLANE (SIDE * SIDE)

START_TEST(shares_are_beta_distributed)
{
    static const double alphas[] = {0.1, 0.4, 1, 4};
    enum { DRAWS = 20000 };
    for (int a = 0; a < 4; a++) {
        double sum = 0, squares = 0, variance = 1 / (4 * (2 * alphas[a] + 1));
        uint64_t key = random_key(3, "test");
        for (int i = 0; i < DRAWS; i++) {
            double share = mixing_beta(alphas[a], key, (uint64_t)i << 20);
            ck_assert(share >= 0 && share <= 1);
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
        }
        ck_assert_double_eq_tol(sum / DRAWS, 0.5, 4 * sqrt(variance / DRAWS));
        ck_assert_double_eq_tol(squares / DRAWS, variance, 0.03 * variance);
    }
}
END_TEST

static float pixel(int64_t index)
{
    return (float)index; /* each its own */
}

static void check_mixup(const struct mix *mix, const float *from, const float *to)
{
    for (int i = 0; i < COUNT; i++) {
        for (int64_t p = 0; p < 3 * PLANE; p++) {
            double expected = mix->share * from[i * 3 * PLANE + p] + (1 - mix->share) * from[(COUNT - 1 - i) * 3 * PLANE + p];
            ck_assert_double_eq_tol(to[i * 3 * PLANE + p], expected, 1e-3);
        }
    }
}

static void check_cutmix(const struct mix *mix, const float *from, const float *to)
{
    for (int i = 0; i < COUNT; i++) {
        int64_t pasted = 0;
        for (int64_t p = 0; p < 3 * PLANE; p++) {
            int row = (int)(p % PLANE / SIDE), column = (int)(p % SIDE);
            bool inside = row >= mix->top && row < mix->bottom && column >= mix->left && column < mix->right;
            ck_assert_float_eq(to[i * 3 * PLANE + p], from[(inside ? COUNT - 1 - i : i) * 3 * PLANE + p]);
            pasted += inside;
        }
        ck_assert_double_eq_tol(1 - (double)pasted / (3 * PLANE), mix->share, 1e-9);
    }
}

START_TEST(images_are_mixed_by_the_share)
{
    static float from[COUNT * 3 * PLANE], to[COUNT * 3 * PLANE];
    int cuts = 0;
    for (int64_t i = 0; i < COUNT * 3 * PLANE; i++)
        from[i] = pixel(i);
    for (int number = 0; number < 200; number++) {
        const struct mixing mixing = {0.5, 1, 11};
        struct mix mix = mixing_draw(&mixing, number, SIDE), again = mixing_draw(&mixing, number, SIDE);
        ck_assert_mem_eq(&mix.share, &again.share, sizeof mix.share);
        mixing_images(&mix, from, to, COUNT, SIDE);
        if (mix.cut)
            check_cutmix(&mix, from, to);
        else
            check_mixup(&mix, from, to);
        cuts += mix.cut;
        ck_assert(!mixing_draw(&(struct mixing){0.5, 0, 11}, number, SIDE).cut);
        ck_assert(mixing_draw(&(struct mixing){0, 1, 11}, number, SIDE).cut);
    }
    ck_assert(cuts > 70 && cuts < 130);
}
END_TEST

START_TEST(targets_are_probabilities)
{
    const int64_t labels[COUNT] = {0, 6, 3, 6, 2};
    float targets[COUNT * CLASSES];
    mixing_targets(0.75, labels, targets, COUNT, CLASSES, 0.14);
    for (int i = 0; i < COUNT; i++) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            double expected = 0.02 + 0.86 * (0.75 * (labels[i] == c) + 0.25 * (labels[COUNT - 1 - i] == c));
            ck_assert_double_eq_tol(targets[i * CLASSES + c], expected, 1e-6);
            sum += targets[i * CLASSES + c];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-6);
    }
}
END_TEST

int main(void)
{
    return run_tests("mixing", (const TTest *const[]){shares_are_beta_distributed, images_are_mixed_by_the_share,
                                                      targets_are_probabilities, NULL});
}
