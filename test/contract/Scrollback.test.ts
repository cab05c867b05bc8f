import * as Layer from "effect/Layer"
import * as Caller from "../../src/layers/CallerFake.ts"
import * as Memory from "../../src/layers/ScrollbackMemory.ts"
import * as Ring from "../../src/layers/ScrollbackRing.ts"
import * as Terminal from "../../src/layers/ScrollbackTerminal.ts"
import * as VtEngineXterm from "../../src/layers/VtEngineXterm.ts"
import { suite } from "./Scrollback.ts"

suite("Memory", Memory.layer)
suite("Ring", Ring.layer())
suite("Terminal", Terminal.layer.pipe(Layer.provide([VtEngineXterm.layer, Caller.layer({ env: {} })])))
