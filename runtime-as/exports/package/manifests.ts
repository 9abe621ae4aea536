/** What each build system wants to read before it takes a folder for a library of its own. */
import type { Program } from '../program.ts'

/** A number of a version for each export: managers keep one copy of a version, and a policy made anew is another one. */
export const versionOf = ({ crc }: Program): string => `1.${crc >>> 16}.${crc & 0xffff}`

const sentence = ({ task }: Program): string =>
  `Control policy for ${plain(task)}, a sparse neural network without heap and library.`

/** One line, in ASCII: what every format below takes as it is. */
export const plain = (text: string): string => text.replace(/[^ -~]/g, '?').replace(/["\\]/g, "'")

/** https://arduino.github.io/arduino-cli/latest/library-specification/ */
export const libraryProperties = (program: Program, name: string): string => `name=${name}
version=${versionOf(program)}
author=bpd
maintainer=bpd
sentence=${sentence(program)}
paragraph=Written by bpd export. ${program.weights} weights, ${program.observations.length} observations, ${program.actions.length} actions. The same bits on every chip; examples/SelfTest proves it on yours.
category=Device Control
url=https://example.com/
architectures=*
includes=${name}.h
`

/** https://docs.platformio.org/en/latest/manifests/library-json/ */
export const libraryJson = (program: Program, name: string): string =>
  `${JSON.stringify(
    {
      name,
      version: versionOf(program),
      description: sentence(program),
      keywords: ['control', 'neural network', 'policy', 'robotics'],
      license: 'MIT',
      authors: [{ name: 'bpd' }],
      frameworks: '*',
      platforms: '*',
      headers: [`${name}.h`],
      build: { srcDir: 'src', includeDir: 'src' },
      examples: [
        { name: 'SelfTest', base: 'examples/SelfTest', files: ['SelfTest.ino'] },
        { name: 'ControlLoop', base: 'examples/ControlLoop', files: ['ControlLoop.ino'] },
      ],
    },
    null,
    2,
  )}\n`

/** https://docs.espressif.com/projects/idf-component-manager/en/latest/reference/manifest_file.html */
export const idfComponent = (program: Program): string => `version: "${versionOf(program)}"
description: "${sentence(program)}"
license: "MIT"
dependencies:
  idf: ">=4.4"
`

/** scripts/zephyr_module.py of Zephyr: what a module may say */
export const zephyrModule = (name: string): string => `name: ${name}
build:
  cmake: .
  kconfig: zephyr/Kconfig
`

export const kconfig = (program: Program, name: string): string => `config ${name.toUpperCase()}
	bool "Control policy for ${plain(program.task)}"
	help
	  ${name}_step() of src/${name}.h: ${program.weights} weights, no heap.

config ${name.toUpperCase()}_SELF_TEST
	bool "Its self-test"
	depends on ${name.toUpperCase()}
	help
	  ${name}_self_test(), which recomputes known actions bit for bit.
`

/** One file for ESP-IDF, Zephyr and any other CMake. */
export const cmakeLists = (
  name: string,
): string => `# ESP-IDF: a folder under components/. Zephyr: -DZEPHYR_EXTRA_MODULES=/path/to/here and CONFIG_${name.toUpperCase()}=y.
# Elsewhere: add_subdirectory(here), then target_link_libraries(your_program ${name}).
cmake_minimum_required(VERSION 3.13)

if(ESP_PLATFORM)
  idf_component_register(SRCS src/${name}.c src/${name}_self_test.c INCLUDE_DIRS src)
elseif(DEFINED ZEPHYR_BASE)
  if(CONFIG_${name.toUpperCase()})
    zephyr_library_named(${name})
    zephyr_library_sources(src/${name}.c)
    zephyr_library_sources_ifdef(CONFIG_${name.toUpperCase()}_SELF_TEST src/${name}_self_test.c)
    zephyr_include_directories(src)
  endif()
else()
  project(${name} C)
  add_library(${name} STATIC src/${name}.c src/${name}_self_test.c)
  target_include_directories(${name} PUBLIC src)
  set_target_properties(${name} PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON)
endif()
`
