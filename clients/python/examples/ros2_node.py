"""A ROS 2 node between topics and a board: `observation` (std_msgs/Float32MultiArray) in, `action` out, one for one.

    ros2 run ... or: python ros2_node.py --ros-args -p port:=/dev/ttyUSB0 -p policy:=student.bpd
The contract has the order and the units of both. The board's own watch stands behind this node: where it dies, or observations stop, the contract's
failsafe action is put out by the board.
"""
from __future__ import annotations

from pathlib import Path
from typing import Optional

import rclpy
from bpd_client import Board, BoardError, FailsafeError
from rclpy.node import Node
from std_msgs.msg import Float32MultiArray


class PolicyNode(Node):
    def __init__(self) -> None:
        super().__init__("bpd_policy")
        port = str(self.declare_parameter("port", "/dev/ttyUSB0").value)
        policy = Path(str(self.declare_parameter("policy", "student.bpd").value))
        periods = int(self.declare_parameter("watch_periods", 5).value)
        # a lost frame is sent again well within a period of 20 ms
        self.board = Board.open(port, timeout=0.01, patience=2.0)
        self.board.install(policy.read_bytes())
        self.board.watch(periods)
        self.actions = self.create_publisher(Float32MultiArray, "action", 1)
        self.create_subscription(Float32MultiArray, "observation", self.step, 1)
        self.get_logger().info(f"{policy} runs on {self.board.info.name}")

    def step(self, message: Float32MultiArray) -> None:
        try:
            action, _cycles = self.board.step(list(message.data))
        except FailsafeError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=1.0)
            return
        except (BoardError, ValueError) as error:
            self.get_logger().error(str(error), throttle_duration_sec=1.0)
            return
        self.actions.publish(Float32MultiArray(data=action))


def main() -> None:
    rclpy.init()
    node: Optional[PolicyNode] = None
    try:
        node = PolicyNode()
        rclpy.spin(node)
    except KeyboardInterrupt:
        pass
    finally:
        if node is not None:
            node.board.close()
            node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
