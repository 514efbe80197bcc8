# CLPROF_SANITIZE: a list for -fsanitize, e.g. "address,undefined" or "thread"; empty = none.
set(CLPROF_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(CLPROF_SANITIZE)
  add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${CLPROF_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=undefined>")
  string(REPLACE "," ";" each "${CLPROF_SANITIZE}") # nvcc would part the list: the host's half of a .cu file is made by the C++ compiler
  list(TRANSFORM each PREPEND "-Xcompiler=-fsanitize=")
  add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:${each};-Xcompiler=-fno-omit-frame-pointer;-Xcompiler=-fno-sanitize-recover=undefined>")
  add_link_options(-fsanitize=${CLPROF_SANITIZE})
endif()
