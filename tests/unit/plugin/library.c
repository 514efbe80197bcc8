/* A library that a plugin needs and that is nowhere to be found when it is loaded. */
extern int stand_in_version(void);

__attribute__((visibility("default"))) int stand_in_version(void)
{
    return 9;
}
