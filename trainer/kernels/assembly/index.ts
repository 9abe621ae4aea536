export { product, columnSums, weightedSums, dotRows, outerRelu, transpose } from './product'
export { indices, normals } from './random'
export {
  reluGradient,
  square,
  absolute,
  multiply,
  addNoise,
  addNoiseOfficial,
  squareReluGradient,
  addReluGradient,
  variances,
  squash,
  smooth,
  outputGradient,
  targets,
  squaredErrorGradient,
  total,
  fill,
} from './elementwise'
export { copyColumns, gather, gatherNext, gatherWanted } from './rows'
export { adam, polyak, variationalAdam, applyMask, shrink } from './optimiser'
