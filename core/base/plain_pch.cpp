// Holds the shared precompiled header; see plain_pch.hpp.
