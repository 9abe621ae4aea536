/**
 * Starts tfjs: on @tensorflow/tfjs-node where it is installed, else on tfjs' own wasm backend. tfjs-core's file for Node leaves the gradients
 * out, and its ES modules name each other without ".js", which Node refuses: their names are completed here as they are resolved.
 */
import module, { createRequire } from 'node:module'
import { InputError } from '../../../runtime-as/errors.ts'

const native = '@tensorflow/tfjs-node'

const require = createRequire(import.meta.url)

let started: Promise<string> | undefined

/** The name of the backend; throws InputError where the packages are missing. */
export function startTensorflow(): Promise<string> {
  started ??= start()
  return started
}

async function start(): Promise<string> {
  if (!('registerHooks' in module))
    throw new InputError(`backend reference: needs Node 22.15 or later, this is ${process.versions.node}`)
  module.registerHooks({
    resolve(specifier, context, next) {
      const inside = context.parentURL?.includes('/@tensorflow/tfjs-core/dist/')
      const bare = specifier.startsWith('.') && !specifier.endsWith('.js')
      return next(inside && bare ? `${specifier}.js` : specifier, context)
    },
  })
  const isNative = isInstalled(native)
  const needed = ['@tensorflow/tfjs-core', ...(isNative ? [] : ['@tensorflow/tfjs-backend-wasm'])]
  const missing = needed.filter((name) => !isInstalled(name))
  if (missing.length)
    throw new InputError(`backend reference: needs tfjs, which is not installed: npm install ${missing.join(' ')}`)
  const tf = await import('@tensorflow/tfjs-core')
  // else every further copy of tfjs-core warns that it is one
  tf.enableProdMode()
  await import('@tensorflow/tfjs-core/dist/register_all_gradients.js')
  // never silently the other one: who installed it has asked for it
  try {
    if (isNative) startNative()
    else await import('@tensorflow/tfjs-backend-wasm')
    if (!(await tf.setBackend(isNative ? 'tensorflow' : 'wasm'))) throw new Error('its backend does not start')
    tf.tidy(() => tf.concat([tf.ones([1]), tf.ones([1])]).dataSync())
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    throw new InputError(
      isNative
        ? `backend reference: ${native} is installed but broken: ${reason.trim()}; npm rebuild it, or npm uninstall it for tfjs' own backend`
        : `backend reference: @tensorflow/tfjs-backend-wasm is installed but broken: ${reason.trim()}`,
    )
  }
  return tf.getBackend()
}

/** Requiring it registers its kernels with the tfjs-core that is loaded: all copies of that share their registries. */
function startNative(): void {
  // it still calls what Node 23 took away, and what Node 24 warns of
  const util = require('node:util') as {
    isNullOrUndefined?: (x: unknown) => boolean
    isArray?: (x: unknown) => boolean
  }
  util.isNullOrUndefined ??= (x) => x === null || x === undefined
  util.isArray = Array.isArray
  // else libtensorflow tells of the processor on standard error
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1'
  require(native)
}

function isInstalled(name: string): boolean {
  try {
    // of a broken package this file may be all there is
    require.resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}
