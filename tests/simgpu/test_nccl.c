/* The simulated NCCL against what nccl.h and NCCL's user guide document: two ranks, which are this process and a child. */
#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cuda_runtime_api.h>
#include <nccl.h>

#define COUNT 200000 /* several pieces, the last one partial */

/* The work of one rank: rank + 1 everywhere, then its mean and sum over both. 0 = as documented. */
static int reduce(ncclUniqueId id, int rank)
{
    ncclComm_t comm;
    cudaStream_t stream;
    float *values, *host = malloc(COUNT * sizeof *host);
    int wrong = 0;

    for (int i = 0; i < COUNT; i++)
        host[i] = (float)(rank + 1) * (float)i;
    if (cudaSetDevice(rank) != cudaSuccess || ncclCommInitRank(&comm, 2, id, rank) != ncclSuccess)
        return 1;
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    cudaMalloc((void **)&values, COUNT * sizeof *values);
    cudaMemcpyAsync(values, host, COUNT * sizeof *host, cudaMemcpyHostToDevice, stream);
    wrong += ncclAllReduce(values, values, COUNT, ncclFloat, ncclAvg, comm, stream) != ncclSuccess;
    wrong += ncclAllReduce(values, values, COUNT, ncclFloat, ncclSum, comm, stream) != ncclSuccess;
    cudaMemcpyAsync(host, values, COUNT * sizeof *host, cudaMemcpyDeviceToHost, stream);
    wrong += cudaStreamSynchronize(stream) != cudaSuccess;
    for (int i = 0; i < COUNT; i++)
        wrong += host[i] != 3 * (float)i; /* twice the mean of i and 2 i */
    ncclCommDestroy(comm);
    cudaFree(values);
    cudaStreamDestroy(stream);
    free(host);
    return wrong > 0;
}

/* On one device both: refused, on both sides. */
static int share(ncclUniqueId id, int rank)
{
    ncclComm_t comm;
    cudaSetDevice(0);
    return ncclCommInitRank(&comm, 2, id, rank) != ncclInvalidUsage || comm || !*ncclGetLastError(NULL);
}

static void in_two(int work(ncclUniqueId, int))
{
    ncclUniqueId id;
    int status;

    setenv("SIMGPU_DEVICES", "2", 1);
    setenv("SIMGPU_HOST_ACCESS", "1", 1); /* plain memory of the test */
    ck_assert_int_eq(ncclGetUniqueId(&id), ncclSuccess);
    pid_t child = fork();
    if (child == 0)
        _exit(work(id, 1));
    ck_assert_int_eq(work(id, 0), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(means_and_sums)
{
    in_two(reduce);
}
END_TEST

START_TEST(a_device_is_one_ranks)
{
    in_two(share);
}
END_TEST

START_TEST(what_is_refused)
{
    ncclUniqueId id = {{0}};
    ncclComm_t comm;
    int version = 0;

    ck_assert_int_eq(ncclCommInitRank(&comm, 2, id, 2), ncclInvalidArgument);
    ck_assert_int_eq(ncclCommInitRank(&comm, 1, id, 0), ncclSystemError);
    ck_assert_ptr_null(comm);
    ck_assert_int_eq(ncclGetVersion(&version), ncclSuccess);
    ck_assert_int_eq(version, NCCL_VERSION_CODE);
    ck_assert_int_eq(ncclGetUniqueId(&id), ncclSuccess);
    ck_assert_int_eq(ncclCommInitRank(&comm, 1, id, 0), ncclSuccess);
    ck_assert_int_eq(ncclAllReduce(&id, &id, 1, ncclFloat, ncclAvg, comm, NULL), ncclInvalidArgument); /* the host's memory */
    ck_assert_int_eq(ncclCommDestroy(comm), ncclSuccess);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simgpu_nccl");
    TCase *cases = tcase_create("nccl");
    tcase_add_test(cases, means_and_sums);
    tcase_add_test(cases, a_device_is_one_ranks);
    tcase_add_test(cases, what_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
