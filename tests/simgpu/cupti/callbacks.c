/* The one subscriber, and which calls it is told of. */
#include <stdio.h>
#include <string.h>

#include "tests/simgpu/cupti/cupti_int.h"

#define MOST_CALLS 1024
#define DOMAINS 2 /* driver, runtime: CUpti_CallbackDomain 1 and 2 */

struct CUpti_Subscriber_st {
    CUpti_CallbackFunc function;
    void *user;
    bool enabled[DOMAINS][MOST_CALLS];
    char name[64];
};

static struct CUpti_Subscriber_st subscriber;
static bool taken;
static const char *const holder = "CUPTI for simgpu's other client";

static CUptiResult subscribe(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user, const char *name)
{
    if (simgpu_fault_set("no_driver"))
        return CUPTI_ERROR_NOT_INITIALIZED;
    if (taken || simgpu_fault_set("cupti_busy"))
        return CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
    memset(&subscriber, 0, sizeof subscriber);
    subscriber.function = function;
    subscriber.user = user;
    snprintf(subscriber.name, sizeof subscriber.name, "CUPTI for %s", name ? name : "an unnamed client");
    taken = true;
    *out = &subscriber;
    cupti_listen();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiSubscribe(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user)
{
    return out ? subscribe(out, function, user, NULL) : CUPTI_ERROR_INVALID_PARAMETER;
}

CUptiResult cuptiSubscribe_v2(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user, CUpti_SubscriberParams *about)
{
    if (!out || !about || about->structSize == 0)
        return CUPTI_ERROR_INVALID_PARAMETER;
    CUptiResult result = subscribe(out, function, user, about->subscriberName);
    if (result == CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED && about->oldSubscriberName && about->oldSubscriberSize > 0)
        snprintf(about->oldSubscriberName, about->oldSubscriberSize, "%s", taken ? subscriber.name : holder);
    return result;
}

CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle handle)
{
    if (!taken || handle != &subscriber)
        return CUPTI_ERROR_INVALID_PARAMETER;
    taken = false;
    return CUPTI_SUCCESS;
}

static bool *find(CUpti_SubscriberHandle handle, CUpti_CallbackDomain domain, CUpti_CallbackId call)
{
    bool known = taken && handle == &subscriber && (domain == CUPTI_CB_DOMAIN_DRIVER_API || domain == CUPTI_CB_DOMAIN_RUNTIME_API);
    return known && call < MOST_CALLS ? &subscriber.enabled[domain - CUPTI_CB_DOMAIN_DRIVER_API][call] : NULL;
}

CUptiResult cuptiEnableCallback(uint32_t enable, CUpti_SubscriberHandle handle, CUpti_CallbackDomain domain, CUpti_CallbackId call)
{
    bool *found = find(handle, domain, call);

    if (!found)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *found = enable != 0;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiEnableDomain(uint32_t enable, CUpti_SubscriberHandle handle, CUpti_CallbackDomain domain)
{
    bool *first = find(handle, domain, 0);

    if (!first)
        return CUPTI_ERROR_INVALID_PARAMETER;
    memset(first, enable != 0, MOST_CALLS);
    return CUPTI_SUCCESS;
}

void cupti_call_subscriber(CUpti_ApiCallbackSite site, const struct simgpu_call *call, int *result)
{
    CUpti_CallbackDomain domain = call->driver ? CUPTI_CB_DOMAIN_DRIVER_API : CUPTI_CB_DOMAIN_RUNTIME_API;
    const bool *enabled = find(&subscriber, domain, call->number);
    uint64_t data = 0;
    const CUpti_CallbackData about = {.callbackSite = site, .functionName = call->name, .functionParams = call->parameters,
                                      .functionReturnValue = result, .symbolName = call->symbol, .contextUid = 1,
                                      .correlationData = &data, .correlationId = call->correlation};

    if (enabled && *enabled)
        subscriber.function(subscriber.user, domain, call->number, &about);
}
