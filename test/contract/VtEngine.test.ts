import * as Fake from "../../src/layers/testing/VtEngineFake.ts"
import * as Xterm from "../../src/layers/xterm/VtEngineXterm.ts"
import { suite } from "./VtEngine.ts"

suite("Fake", Fake.layer())
suite("Xterm", Xterm.layer)
