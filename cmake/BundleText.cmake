# bundle_text(OUTPUT FILE...): joins text files, in that order, into OUTPUT, and writes OUTPUT.sha256, the hash of it as a
# Content-Security-Policy wants it (base64).
function(bundle_text output)
  add_custom_command(
    OUTPUT ${output} ${output}.sha256
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DFILES=${ARGN}" -P ${PROJECT_SOURCE_DIR}/cmake/BundleTextScript.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/BundleTextScript.cmake
    VERBATIM)
endfunction()
