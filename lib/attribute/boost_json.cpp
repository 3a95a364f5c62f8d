// The parts of Boost.JSON that are not templates, for kubelet_pods.cpp: compiled here, since its library is not linked.
#include <boost/json/src.hpp>
