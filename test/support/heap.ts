/** The memory of this process that is in use. */
import * as v8 from "node:v8"
import * as vm from "node:vm"

v8.setFlagsFromString("--expose-gc")
const collect = vm.runInNewContext("gc") as () => void

/** Bytes, buffers among them, after all that is not needed has been thrown away. */
export const heapInUse = (): number => {
  // Buffers are given back after the collection that finds them.
  collect()
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
