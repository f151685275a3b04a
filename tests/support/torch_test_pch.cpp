// Holds the shared precompiled header; see torch_test_pch.hpp.
