/* Kernel names of real traces against kernel_names.tsv. */
#include <check.h>
#include <stdlib.h>

#include "profiler/kernel_names.h"

struct expectation {
    const char *name;
    enum kernel_role role;
    enum memory_format from, to;
    const char *source_dtype, *dest_dtype;
    bool padded;
};

#define NONE FORMAT_COUNT, FORMAT_COUNT, NULL, NULL, false

static const struct expectation expectations[] = {
    {"void nchwToNhwcKernel<float, float, float, true, false, (cudnnKernelDataType_t)0>(int, int, int, int, float const*, "
     "float*, float, float)",
     ROLE_CONVERSION, FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST, "float32", "float32", false},
    {"void cudnn::ops::nhwcToNchwKernel<__half, float, float, true>(int)", ROLE_CONVERSION, FORMAT_CHANNELS_LAST,
     FORMAT_CONTIGUOUS, "float16", "float32", false},
    {"void cudnn::engines_precompiled::nchwToNhwcKernel<__nv_bfloat16, __nv_bfloat16, float, false, true, "
     "(cudnnKernelDataType_t)0>(cudnn::engines_precompiled::nchw2nhwc_params_t<float>)",
     ROLE_CONVERSION, FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST, "bfloat16", "bfloat16", false},
    {"_ZN5cudnn3ops16nchwToNhwcKernelIffffLb1EEEvi", ROLE_CONVERSION, FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST, NULL, NULL,
     false},
    {"void cudnn::ops::nhwcAddPaddingKernel<__half, __half, float, true>(int)", ROLE_COPY, FORMAT_COUNT, FORMAT_COUNT,
     "float16", "float16", true},
    {"batched_transpose_16x32_half", ROLE_CONVERSION, NONE},
    {"batched_transpose_256x4_half.kd", ROLE_CONVERSION, NONE},
    {"transpose_NCHW2CNHW_V2_2D_WG_off64", ROLE_COMPUTE, NONE},
    {"SubTensorOpWithCastTensor1d", ROLE_CAST, NONE},
    {"void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&), "
     "at::native::memory::LoadWithCast<1>, at::native::memory::StoreWithCast<1> >(int)",
     ROLE_CAST, NONE},
    {"void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<at::native::direct_copy_kernel_cuda("
     "at::TensorIteratorBase&)::{lambda()#3}> >(int)",
     ROLE_COPY, NONE},
    /* They hold nchw or nhwc and are no conversions. */
    {"void cudnn::bn_fw_tr_1C11_kernel_NCHW<float, float, int, 512, true, 1, true>(int)", ROLE_COUNT, NONE},
    {"void at::native::(anonymous namespace)::max_pool_forward_nchw<float, float>(int, float const*)", ROLE_COUNT, NONE},
    {"sm80_xmma_fprop_implicit_gemm_indexed_tf32f32_nhwckrsc_nchw_tilesize128x128x16_execute_kernel_cudnn", ROLE_COUNT,
     NONE},
    {"igemm_fwd_gtcx3_nhwc_bf16_bx0_ex1_bt64x128x32", ROLE_COUNT, NONE},
    {"mynchwToNhwcKernel", ROLE_COUNT, NONE},
    {"nchwToNhwcKernel2", ROLE_COUNT, NONE},
    {"", ROLE_COUNT, NONE},
    {"_Z999999999999x", ROLE_COUNT, NONE},
};

START_TEST(test_name)
{
    const struct expectation *want = &expectations[_i];
    struct kernel_name_facts facts;
    kernel_name_look_up(want->name, &facts);
    ck_assert_msg(facts.role == want->role, "%s: role %d", want->name, (int)facts.role);
    ck_assert_msg(facts.from == want->from && facts.to == want->to, "%s: formats", want->name);
    ck_assert_pstr_eq(facts.source_dtype, want->source_dtype);
    ck_assert_pstr_eq(facts.dest_dtype, want->dest_dtype);
    ck_assert_int_eq(facts.padded, want->padded);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_names");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, test_name, 0, (int)(sizeof expectations / sizeof expectations[0]));
    suite_add_tcase(suite, names);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
