// Holds the shared precompiled header; see plain_test_pch.hpp.
