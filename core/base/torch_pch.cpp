// Holds the shared precompiled header; see torch_pch.hpp.
