// The module's one instance: its two globals.
#ifndef DEVICE_H_
#define DEVICE_H_

#include "policy.h"

extern w2c_policy device;

#endif
