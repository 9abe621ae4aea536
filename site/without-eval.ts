/**
 * The engine's bindings (embind) compile a function of text for each that they bind, which a strict Content-Security-Policy refuses. What follows does
 * the same by closures: the two places are replaced by name, and a version of the engine that has them elsewhere is refused.
 */

/** In place of `new Function(...args, invokerFnBody)(...closureArgs)` of craftInvokerFunction. */
const invoker = `(function () {
  var from = isClassMethodFunc ? 1 : 2;
  return function () {
    checkArgCount(arguments.length, minArgs, expectedArgCount, humanName, throwBindingError);
    var destructors = needsDestructorStack ? [] : null;
    var wired = [cppTargetFunc];
    if (isClassMethodFunc) wired.push(argTypes[1].toWireType(destructors, this));
    for (var i = 2; i < argTypes.length; ++i) wired.push(argTypes[i].toWireType(destructors, arguments[i - 2]));
    var rv = cppInvokerFunc.apply(null, wired);
    if (needsDestructorStack) runDestructors(destructors);
    else for (var i = from; i < argTypes.length; ++i) {
      if (argTypes[i].destructorFunction !== null) argTypes[i].destructorFunction(wired[i - from + 1]);
    }
    if (returns) return argTypes[0].fromWireType(rv);
  };
})()`

/** In place of `new Function(...params, functionBody)(...args)` of __emval_get_method_caller. */
const caller = `function (obj, func, destructorsRef, at) {
  var values = [];
  for (var i = 0; i < argCount; ++i) {
    values.push(types[i].readValueFromPointer(at));
    at += types[i].argPackAdvance;
  }
  var rv = kind === 1 ? Reflect.construct(func, values) : kind === 0 ? func.call(obj, ...values) : func.call(...values);
  if (!retType.isVoid) return emval_returnValue(retType, destructorsRef, rv);
}`

const places: [text: string, instead: string][] = [
  // where the wasm lies is for the page to say
  ["new URL('mujoco.wasm', import.meta.url).href", "'mujoco.wasm'"],
  ['new Function(...args, invokerFnBody)(...closureArgs)', invoker],
  ['new Function(...params, functionBody)(...args)', caller],
]

/** Throws where the engine's code is not as it is known here. */
export function withoutEval(code: string): string {
  let mended = code
  for (const [text, instead] of places) {
    const parts = mended.split(text)
    if (parts.length !== 2)
      throw new Error(`@mujoco/mujoco: "${text}" is there ${parts.length - 1} times, expected once`)
    mended = parts.join(instead)
  }
  if (/new Function|\beval\(/.test(mended)) throw new Error('@mujoco/mujoco: still makes code of text')
  return mended
}
