# engram_add_plugin(ID sources...): builds ID.engram.so.
#
# A plugin links engram::sdk and nothing else: the host has torch loaded already, so torch symbols stay undefined here.
function(engram_add_plugin id)
  add_library(engram_plugin_${id} MODULE ${ARGN})
  target_link_libraries(engram_plugin_${id} PRIVATE engram::sdk)
  set_target_properties(engram_plugin_${id} PROPERTIES
    PREFIX "" OUTPUT_NAME "${id}" SUFFIX ".engram.so"
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    # No search path of its own: a plugin finds what the host has loaded, never a second copy.
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "")
  if(TARGET engram_core)
    set_target_properties(engram_plugin_${id} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib/engram/plugins")
    install(TARGETS engram_plugin_${id} DESTINATION ${CMAKE_INSTALL_LIBDIR}/engram/plugins)
  endif()
endfunction()

# engram_add_contract_test(ID sources...): a test program, given the plugin's file as its first argument, that runs the
# contract suite (engram/sdk/testing.hpp); ctest knows it as ID_contract.
function(engram_add_contract_test id)
  add_executable(${id}_contract ${ARGN})
  target_link_libraries(${id}_contract PRIVATE engram::sdk_testing)
  add_dependencies(${id}_contract engram_plugin_${id})
  add_test(NAME ${id}_contract COMMAND ${id}_contract $<TARGET_FILE:engram_plugin_${id}>)
endfunction()
