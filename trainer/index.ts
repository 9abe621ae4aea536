/**
 * `import … from 'bpd/train'`: tasks, teachers, data, and the method. Node only.
 *
 * @module bpd/train
 */
export type { PolicyContract } from './contract.ts'
export { type DataOptions, type DataSet, openData } from './data/data-set.ts'
export type { Episode } from './data/episode-ends.ts'
export type { Role } from './data/log.ts'
export type { Mapping } from './data/mapping.ts'
export {
  type OpenTransitions,
  readTransitions,
  type Transitions,
  transitionsOf,
  type Writing,
  writeTransitions,
} from './data/transitions.ts'
export type { ActionError, ErrorFigures, OneActionError } from './distill/action-error.ts'
export type { Data } from './distill/data.ts'
export type { Distilled, Progress } from './distill/distill.ts'
export type { HeldOut, PartSize, Verdict } from './distill/judge.ts'
export type { Student } from './distill/make-student.ts'
export { type DistillOptions, distillDefaults } from './distill/options.ts'
export type { Candidate, CurvePoint, Cut, EnvironmentSteps, Stage, SweepPoint } from './distill/points.ts'
export type { PrunerName } from './distill/prune/pruners.ts'
export type { Normaliser } from './distill/student.ts'
export { type VariantName, variantNames } from './distill/variants.ts'
export {
  type CollectRequest,
  collectTransitions,
  type DistillDataRequest,
  type DistillRequest,
  distill,
  distillFromData,
  type EvaluateRequest,
  evaluatePolicy,
} from './from-code.ts'
export { Interrupted } from './interrupted.ts'
export type { VariationalLayer } from './kernels/networks.ts'
export type { Random, RandomState } from './random.ts'
export type { Recipe } from './recipe.ts'
export type { Moments } from './search/moments.ts'
export type { SearchOptions } from './search/options.ts'
export { type SearchedPolicy, type SearchRequest, searchPolicy } from './search/policy.ts'
export type { SearchResult } from './search/search.ts'
export type { CandidateKind, SearchPoint, SearchState } from './search/state.ts'
export { type Controller, controllerOf, type OutcomeStatistics, type ReturnStatistics } from './tasks/evaluate.ts'
export { effort, livelyStart, type State, uniformStart } from './tasks/mujoco/definition.ts'
export {
  defineMujocoTask,
  defineTask,
  type Environment,
  type MujocoTaskDefinition,
  type TaskDefinition,
} from './tasks/own/definition.ts'
export { createTask, prepareTask, taskNames } from './tasks/registry.ts'
export type { Task, TaskOrigin, TaskSpec } from './tasks/task.ts'
export type { ActivationName } from './teachers/graph/activations.ts'
export type { Graph, Op } from './teachers/graph/graph.ts'
export { type Imported, type ImportOptions, importTeacher, openTeacher } from './teachers/import.ts'
export { teacherController } from './teachers/policy.ts'
export { type TeachProgress, type TeachRun, teach } from './teachers/teach.ts'
export { type TeachOptions, teachDefaults } from './teachers/teach-options.ts'
export { encodeTeacher, type GeneralTeacher, loadTeacher, type PlainTeacher, type Teacher } from './teachers/teacher.ts'
