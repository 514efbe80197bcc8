/* The versions of the libraries that are loaded, for `clprof --version`. */
#include <dnnl.h>  /* dnnl_version */
#include <isa-l.h> /* ISAL_MAJOR_VERSION */
#include <png.h>   /* png_get_libpng_ver */
#include <sqlite3.h>
#include <stdio.h>
#include <zlib.h> /* zlibVersion */

#include <jpeglib.h> /* LIBJPEG_TURBO_VERSION; needs stdio.h */

#include "commands/commands.h"

#define TEXT_OF(macro) #macro
#define TEXT(macro) TEXT_OF(macro)

#ifdef LIBJPEG_TURBO_VERSION
#define JPEG_NAME "libjpeg-turbo"
#define JPEG_VERSION TEXT(LIBJPEG_TURBO_VERSION)
#else
#define JPEG_NAME "libjpeg"
#define JPEG_VERSION TEXT(JPEG_LIB_VERSION)
#endif

void append_library_versions(struct strbuf *out)
{
    const dnnl_version_t *onednn = dnnl_version();

    strbuf_printf(out, "oneDNN %d.%d.%d\n", onednn->major, onednn->minor, onednn->patch);
    strbuf_printf(out, "SQLite %s\n", sqlite3_libversion());
    strbuf_printf(out, "zlib %s\n", zlibVersion());
    strbuf_printf(out, "libpng %s\n", png_get_libpng_ver(NULL));
    strbuf_printf(out, "%s %s (compiled with)\n", JPEG_NAME, JPEG_VERSION);
    strbuf_printf(out, "ISA-L %d.%d.%d (compiled with)\n", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
}
